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
