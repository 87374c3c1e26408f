using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Orleans.Kpl.Cli.Bench;

/// <summary>
/// The processor time of this thread, where the system tells it: time that passes while others have the processor is not the bench's. Elsewhere the time
/// that passed.
/// </summary>
internal static class ThreadClock
{
    private const int ThreadTimeOnLinux = 3;
    private const int ThreadTimeOnMac = 16;

    private static readonly int Clock = OperatingSystem.IsLinux() ? ThreadTimeOnLinux : OperatingSystem.IsMacOS() ? ThreadTimeOnMac : -1;

    /// <summary>Returns the time so far in nanoseconds; only differences mean something, and only on one thread.</summary>
    public static long Now => Clock >= 0 && Environment.Is64BitProcess && GetTime(Clock, out var time) == 0
        ? (time.Seconds * 1_000_000_000) + time.Nanoseconds
        : (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    [DllImport("libc", EntryPoint = "clock_gettime")]
    private static extern int GetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
