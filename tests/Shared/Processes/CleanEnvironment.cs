using System.Diagnostics;

namespace Orleans.Kpl.Testing;

/// <summary>Keeps settings and credentials of whoever runs the tests from the programs that these start.</summary>
internal static class CleanEnvironment
{
    private static readonly string[] Ours = ["Kpl__", "KPL_", "AWS_", "http_proxy", "https_proxy", "all_proxy", "no_proxy"];

    public static void Clear(ProcessStartInfo start)
    {
        foreach (var name in start.Environment.Keys.Where(static k => Ours.Any(o => k.StartsWith(o, StringComparison.OrdinalIgnoreCase))).ToList())
            start.Environment.Remove(name);
    }
}
