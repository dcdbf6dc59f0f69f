/* A child on a pseudo-terminal, and a count of allocations: for tests and benchmarks. In C, because fork is not safe in
   Swift once threads exist. */
#ifndef TOCSIN_CPTY_H
#define TOCSIN_CPTY_H

#include <sys/types.h>

/* Starts a program on a new pseudo-terminal of this size. Returns the pid, or -1; `master` gets our end. */
pid_t cpty_spawn(const char *path, char *const arguments[], char *const environment[], int columns, int lines, int *master);
void cpty_resize(int master, int columns, int lines);
/* Waits for the child without blocking: 1 and its status when it has ended, 0 while it runs, -1 on error. */
int cpty_ended(pid_t pid, int *status);
int cpty_exit_code(int status);
int cpty_signal(int status);

/* Allocations made by this thread since it began, when the program was linked with the counting allocator. */
unsigned long cpty_allocations(void);

#endif
