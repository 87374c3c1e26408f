using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Orleans.Kpl.Testing;

/// <summary>
/// Takes back that this process ignores Ctrl-C. A shell that runs the tests in the background says so to them, their children inherit it, and no shell among
/// those can change it: tests that interrupt a child would wait for ever.
/// </summary>
internal static class InheritedSignals
{
    private const string Ignored = "SigIgn:";
    private const string Status = "/proc/self/status";

    [ModuleInitializer]
    internal static void TakeBack()
    {
        if (OperatingSystem.IsLinux() && File.Exists(Status) && (IgnoredNow() & (1UL << (Signals.Interrupt - 1))) != 0)
            _ = signal(Signals.Interrupt, 0);
    }

    private static ulong IgnoredNow() => ulong.Parse(
        File.ReadLines(Status).First(static l => l.StartsWith(Ignored, StringComparison.Ordinal))[Ignored.Length..].Trim(), NumberStyles.HexNumber,
        CultureInfo.InvariantCulture);

    [DllImport("libc")]
    private static extern nint signal(int number, nint handler);
}
