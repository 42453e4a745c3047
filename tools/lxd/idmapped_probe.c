/*
 * LXD 5.0.0 to 5.0.3 ask the kernel whether it can mount with shifted ids by way of a user namespace
 * that has no id map. Since Linux 6.7 or so the kernel refuses such a namespace, LXD takes that for
 * "cannot", and changes the owner of every file of a machine at its first start: seconds, in which
 * nothing else happens. LXD 5.0.4 asks with a map. This library, preloaded, gives the old one's
 * namespace the smallest map there is.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef int (*clone_function)(int (*)(void *), void *, int, void *, ...);

/* What the daemon starts must not inherit the library. */
__attribute__((constructor)) static void leave_no_trace(void)
{
	unsetenv("LD_PRELOAD");
}

static void write_map(pid_t pid, const char *name)
{
	char path[64];
	int file;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	file = open(path, O_WRONLY | O_CLOEXEC);
	if (file < 0)
		return;
	if (write(file, "0 0 1\n", 6) != 6)
		perror(path);
	close(file);
}

int clone(int (*entry)(void *), void *stack, int flags, void *argument, ...)
{
	clone_function next = (clone_function)dlsym(RTLD_NEXT, "clone");
	va_list rest;
	va_start(rest, argument);
	pid_t *parent = va_arg(rest, pid_t *);
	void *tls = va_arg(rest, void *);
	pid_t *child = va_arg(rest, pid_t *);
	va_end(rest);

	int pid = next(entry, stack, flags, argument, parent, tls, child);
	if (pid > 0 && flags == (CLONE_NEWUSER | SIGCHLD)) {
		write_map(pid, "uid_map");
		write_map(pid, "gid_map");
	}
	return pid;
}
