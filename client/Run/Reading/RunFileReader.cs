using Orleans.Kpl.Run.Yaml;

namespace Orleans.Kpl.Run.Reading;

/// <summary>Reads a whole file of <c>kpl run</c>.</summary>
internal static class RunFileReader
{
    /// <summary>Reads the text of a file; null if it has an error. All errors are told at once.</summary>
    /// <param name="text">The text, in YAML; JSON is YAML too.</param>
    /// <param name="variable">Returns an environment variable; null if it is not set.</param>
    /// <param name="findings">Is told of each error and of each warning.</param>
    public static RunFile? Read(string text, Func<string, string?> variable, RunFindings findings)
    {
        if (YamlTree.Read(text, variable, findings) is not { } root)
            return null;
        var fields = new FieldReader(root, findings);
        fields.Value("label"); // A name for people.
        fields.Refuse("metrics", "the producer's metrics are on the meter Orleans.Kpl; --json prints the counts of a run at its end");
        var input = fields.Value("input") is { } from ? InputReader.Read(from, findings) : new StandardInputSettings();
        var processors = fields.Value("processors") is { } steps ? ProcessorReader.Read(steps, findings) : [];
        var output = fields.Section("output") is { } to ? OutputReader.Read(to, input) : null;
        if (!fields.Has("output"))
            findings.Error(fields.Location, "output is missing: aws_kinesis or tier");
        // Each is written whole: whatever comes last would be all that is left.
        if (input is FileInputSettings { Checkpoint: { } checkpoint } && output?.Fallback is { } fallback
            && Path.GetFullPath(checkpoint) == Path.GetFullPath(fallback))
            findings.Error(fields.Value("output")!.Location, $"fallback.file and input.file.checkpoint are one file, '{checkpoint}': name two");
        fields.End();
        return findings.Errors.Count > 0 || output is null ? null : new RunFile(input, processors, output);
    }
}
