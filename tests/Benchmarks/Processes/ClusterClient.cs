namespace Orleans.Kpl.Benchmarks.Processes;

/// <summary>A client of the tier in a process of its own: <c>kpl-cluster-bench</c>, which prints one line of JSON at its end.</summary>
internal static class ClusterClient
{
    /// <summary>Starts it.</summary>
    /// <param name="processors">Where it runs.</param>
    /// <param name="stream">Where it puts.</param>
    /// <param name="records">100-byte records.</param>
    /// <param name="settings">Settings as environment variables, <c>NAME=VALUE</c>, separated by blanks.</param>
    /// <param name="isCallsOnly">Whether the silos produce nothing.</param>
    /// <param name="further">Further arguments.</param>
    public static BuiltProgram Start(int[]? processors, string stream, long records, string settings, bool isCallsOnly = false, params string[] further)
    {
        foreach (var setting in settings.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            Environment.SetEnvironmentVariable(setting[..setting.IndexOf('=')], setting[(setting.IndexOf('=') + 1)..]);
        string[] arguments = ["--stream", stream, "--records", $"{records}", "--size", "100", "--json", .. further];
        return BuiltProgram.Start(processors, "Orleans.Kpl.ClusterBench", "kpl-cluster-bench", isCallsOnly ? [.. arguments, "--calls-only"] : arguments);
    }
}
