using System.Diagnostics;

namespace Orleans.Kpl.Benchmarks.Processes;

/// <summary>The memory that a process has for itself.</summary>
internal static class ProcessMemory
{
    /// <summary>Bytes that are its own and resident; on systems that do not tell, its private bytes.</summary>
    public static long PrivateBytes(int process)
    {
        var status = $"/proc/{process}/status";
        if (!File.Exists(status))
        {
            using var found = Process.GetProcessById(process);
            return found.PrivateMemorySize64;
        }

        var line = File.ReadLines(status).First(static l => l.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan("RssAnon:".Length, line.Length - "RssAnon:".Length - " kB".Length)) * 1024;
    }
}

/// <summary>Looks at the memory of this process a hundred times a second and keeps the most.</summary>
internal sealed class PeakMemory : IDisposable
{
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;

    public PeakMemory()
    {
        _thread = new Thread(Watch) { IsBackground = true };
        _thread.Start();
    }

    public long Bytes { get; private set; }

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
    }

    private void Watch()
    {
        do
        {
            Bytes = Math.Max(Bytes, ProcessMemory.PrivateBytes(Environment.ProcessId));
        }
        while (!_stop.Wait(10));
    }
}
