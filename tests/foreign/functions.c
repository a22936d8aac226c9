/* What the tests call; built as the documentation says. */
#include <stdint.h>
static int64_t calls;
int64_t mix(int64_t a, double b, int64_t c, double d) { calls++; return a * 1000 + (int64_t)(b * 10) + c - (int64_t)d; }
double half(int64_t n) { calls++; return (double)n / 2.0; }
/* The result is the low byte of a register whose other bytes are what `n` left there. */
_Bool is_even(int64_t n) { calls++; return n % 2 == 0; }
void note(_Bool b) { calls += b ? 100 : 1000; }
int64_t count(void) { return calls; }
int64_t six(int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f) {
    return ((((a * 10 + b) * 10 + c) * 10 + d) * 10 + e) * 10 + f;
}
double eight(double a, double b, double c, double d, double e, double f, double g, double h) {
    return a - b + c - d + e - f + g - h * 2;
}
int64_t least(void) { return INT64_MIN; }
double negate(double x) { return -x; }
/* A structure copy becomes a call of memcpy, which the runtime has. */
struct block { char bytes[4096]; };
int64_t copied(int64_t n) {
    static struct block from;
    struct block to;
    from.bytes[4000] = (char)n;
    to = from;
    return ((volatile struct block *)&to)->bytes[4000];
}
