"""The activity log, as Azure serves it: `Microsoft.Insights/eventtypes/management/values`."""
