/** How Markdown and tables of notebooks look, in the colours of the theme. */
import { tokens } from "@fluentui/react-components";

export const sheet = `
:host { display: block; line-height: 1.55; overflow-wrap: break-word; }
h1, h2, h3, h4, h5, h6 { line-height: 1.3; margin: 0.9em 0 0.4em; }
h1 { font-size: 1.7em; } h2 { font-size: 1.4em; } h3 { font-size: 1.15em; }
h4, h5, h6 { font-size: 1em; }
:host > :first-child, style + :first-child, style + * { margin-top: 0; }
p, ul, ol, pre, blockquote, table { margin: 0 0 0.7em; }
a[href] { color: ${tokens.colorBrandForegroundLink}; text-decoration: underline; }
img, svg { max-width: 100%; height: auto; }
code, pre { font-family: ${tokens.fontFamilyMonospace}; font-size: 0.95em; }
code { background: ${tokens.colorNeutralBackground3}; border-radius: 3px; padding: 0.1em 0.3em; }
pre { background: ${tokens.colorNeutralBackground3}; border-radius: 4px; padding: 0.7em;
  white-space: pre-wrap; }
pre code { background: none; padding: 0; }
blockquote { border-left: 3px solid ${tokens.colorNeutralStroke1};
  color: ${tokens.colorNeutralForeground2}; margin-left: 0; padding-left: 1em; }
hr { border: none; border-top: 1px solid ${tokens.colorNeutralStroke2}; margin: 1em 0; }
table { border-collapse: collapse; border: none; font-size: 0.95em; }
th, td { padding: 0.3em 0.7em; text-align: right; vertical-align: top;
  border: none; border-bottom: 1px solid ${tokens.colorNeutralStroke2}; }
th { font-weight: 600; border-bottom-color: ${tokens.colorNeutralStroke1}; }
tbody tr:nth-child(odd) { background: ${tokens.colorNeutralBackground2}; }
`;
