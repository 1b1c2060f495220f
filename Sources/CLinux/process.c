// Other processes: started in a group of their own, with the terminal and a signal for the day their
// parent dies. posix_spawn knows neither of the last two, hence fork; between fork and exec only
// calls that are safe in the child of a process with threads.

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CLinux.h"

int clinux_signalfd_of(const int *signals, size_t count) {
  sigset_t set;
  sigemptyset(&set);
  for (size_t i = 0; i < count; i++)
    if (sigaddset(&set, signals[i]) < 0) return -EINVAL;
  int problem = pthread_sigmask(SIG_BLOCK, &set, NULL);
  if (problem != 0) return -problem;
  int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  return fd < 0 ? -errno : fd;
}

const char *clinux_signal_name(int number) {
  const char *name = sigabbrev_np(number);
  return name != NULL ? name : "";
}

int clinux_process_descriptor(int32_t pid) {
  long result = syscall(SYS_pidfd_open, pid, 0);
  return result < 0 ? -errno : (int)result;
}

int clinux_pipe(int fds[2]) { return pipe2(fds, O_CLOEXEC) < 0 ? -errno : 0; }

int clinux_become_subreaper(void) {
  return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 ? -errno : 0;
}

// In the child: never returns.
static void become(const char *program, char *const *arguments, char *const *environment,
                   const struct clinux_spawn *how, pid_t parent, int report) {
  // Nothing is blocked in the new program: what is blocked here is read by a signalfd here.
  sigset_t none;
  sigemptyset(&none);
  if (how->new_group && setpgid(0, 0) < 0) goto failed;
  // While SIGTTOU is still blocked a process in the background may take the terminal.
  if (how->terminal >= 0) (void)tcsetpgrp(how->terminal, getpid());
  if (how->death_signal != 0) {
    if (prctl(PR_SET_PDEATHSIG, how->death_signal, 0, 0, 0) < 0) goto failed;
    // The parent may have died before the line above.
    if (getppid() != parent) _exit(127);
  }
  for (int i = 0; i < 3; i++) {
    if (how->stdio[i] == i) {
      // Already in its place, but closed by exec.
      if (fcntl(i, F_SETFD, 0) < 0) goto failed;
    } else if (how->stdio[i] >= 0 && dup2(how->stdio[i], i) < 0) {
      goto failed;
    }
  }
  // Whoever reads signals often ignores this one, and an ignored signal stays so across exec.
  signal(SIGPIPE, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execvpe(program, arguments, environment);
failed:;
  int error = errno;
  while (write(report, &error, sizeof error) < 0 && errno == EINTR) {
  }
  _exit(127);
}

int clinux_spawn(const char *program, char *const *arguments, char *const *environment,
                 const struct clinux_spawn *how, int32_t *pid) {
  int pipes[2];
  if (pipe2(pipes, O_CLOEXEC) < 0) return -errno;
  // No handler of this process may run in the child.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t parent = getpid();
  pid_t child = fork();
  if (child == 0) become(program, arguments, environment, how, parent, pipes[1]);
  int error = child < 0 ? errno : 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(pipes[1]);
  if (child > 0) {
    // Whoever comes first makes the group, so that it is there for both.
    if (how->new_group) (void)setpgid(child, child);
    ssize_t n;
    do n = read(pipes[0], &error, sizeof error);
    while (n < 0 && errno == EINTR);
    // The pipe is closed by a successful exec.
    if (n != sizeof error) error = 0;
    if (error != 0)
      while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
      }
  }
  close(pipes[0]);
  *pid = child;
  return error == 0 ? 0 : -error;
}

int clinux_wait(int32_t pid, struct clinux_ended *out) {
  siginfo_t info = {0};
  int options = WEXITED | WSTOPPED | WNOHANG;
  if (waitid(pid > 0 ? P_PID : P_ALL, pid > 0 ? (id_t)pid : 0, &info, options) < 0) return -errno;
  out->pid = info.si_pid;
  out->status = info.si_status;
  switch (info.si_code) {
    case CLD_EXITED: out->how = CLINUX_EXITED; break;
    case CLD_STOPPED: case CLD_TRAPPED: out->how = CLINUX_STOPPED; break;
    default: out->how = CLINUX_KILLED; break;
  }
  return info.si_pid != 0;
}
