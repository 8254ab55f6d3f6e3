/** As many frames as Node itself keeps. Vitest would have ten times as many, which takes a tenth of the time of tests of failures. */
Error.stackTraceLimit = 10;
