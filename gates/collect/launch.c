/* launch.c -- run a program and say what it cost: `launch FACTS PROGRAM ARGUMENT...`
 *
 * Writes "status cpu_us peak_kb\n" to the file FACTS.  It exists because Linux counts what a process was
 * before exec into its peak: started from Python, a tiny program seems to need Python's fifteen
 * megabytes.  This one is small.  Status is the program's own, or 128 plus the signal that ended it.
 */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    pid_t child = fork();
    if (child < 0)
        return 6;
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    int raw;
    struct rusage used;
    if (wait4(child, &raw, 0, &used) != child)
        return 6;
    long long cpu_us = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000LL + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
    int status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
    FILE *facts = fopen(argv[1], "w");
    if (!facts || fprintf(facts, "%d %lld %ld\n", status, cpu_us, used.ru_maxrss) < 0)
        return 6;
    return fclose(facts) == 0 ? 0 : 6;
}
