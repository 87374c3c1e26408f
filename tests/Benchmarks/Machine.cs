using System.Runtime.InteropServices;

namespace Orleans.Kpl.Benchmarks;

/// <summary>What a figure was measured on.</summary>
internal static class Machine
{
    public static string Describe() =>
        $"{Processor()}, {Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, {DateTime.UtcNow:yyyy-MM-dd}";

    private static string Processor()
    {
        const string file = "/proc/cpuinfo";
        var name = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return name is null ? RuntimeInformation.ProcessArchitecture.ToString() : name[(name.IndexOf(':') + 1)..].Trim();
    }
}
