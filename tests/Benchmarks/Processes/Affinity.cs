using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Orleans.Kpl.Benchmarks.Processes;

/// <summary>
/// Starts processes on processors of their own. On Linux a process inherits the mask of the thread that starts it, so that
/// its runtime sees from its first instruction how many processors it has; on Windows the mask is set after the start.
/// Elsewhere, or with one processor, nothing is pinned.
/// </summary>
internal static partial class Affinity
{
    private const int MaskBytes = 128;

    /// <summary>The processors this process may use.</summary>
    public static IReadOnlyList<int> Processors { get; } = ReadProcessors();

    /// <summary>Whether processes can be kept apart here.</summary>
    public static bool CanPin => Processors.Count > 1 && (OperatingSystem.IsLinux() || OperatingSystem.IsWindows());

    /// <summary>Where the producer of a bench runs.</summary>
    public static int[] ProducerProcessors => [Processors[0]];

    /// <summary>Where endpoints run: everything but the producer's processor.</summary>
    public static int[] EndpointProcessors => [.. Processors.Skip(1)];

    public static Process Start(ProcessStartInfo start, int[]? processors)
    {
        if (processors is null || !CanPin)
            return Process.Start(start)!;
        if (OperatingSystem.IsWindows())
        {
            var process = Process.Start(start)!;
            process.ProcessorAffinity = (nint)processors.Aggregate(0L, (mask, cpu) => mask | (1L << cpu));
            return process;
        }

        SetThread(processors);
        try
        {
            return Process.Start(start)!;
        }
        finally
        {
            SetThread(Processors);
        }
    }

    private static void SetThread(IReadOnlyList<int> processors)
    {
        Span<byte> mask = stackalloc byte[MaskBytes];
        mask.Clear();
        foreach (var cpu in processors)
            mask[cpu / 8] |= (byte)(1 << (cpu % 8));
        if (SetAffinity(0, MaskBytes, ref MemoryMarshal.GetReference(mask)) != 0)
            throw new InvalidOperationException($"sched_setaffinity failed with error {Marshal.GetLastPInvokeError()}");
    }

    private static IReadOnlyList<int> ReadProcessors()
    {
        if (!OperatingSystem.IsLinux())
            return [.. Enumerable.Range(0, Environment.ProcessorCount)];
        Span<byte> mask = stackalloc byte[MaskBytes];
        mask.Clear();
        if (GetAffinity(0, MaskBytes, ref MemoryMarshal.GetReference(mask)) < 0)
            throw new InvalidOperationException($"sched_getaffinity failed with error {Marshal.GetLastPInvokeError()}");
        var found = new List<int>();
        for (var cpu = 0; cpu < MaskBytes * 8; cpu++)
        {
            if ((mask[cpu / 8] & (1 << (cpu % 8))) != 0)
                found.Add(cpu);
        }

        return found;
    }

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nint size, ref byte mask);

    [LibraryImport("libc", EntryPoint = "sched_getaffinity", SetLastError = true)]
    private static partial int GetAffinity(int thread, nint size, ref byte mask);
}
