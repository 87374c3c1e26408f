using Orleans.Kpl.Run.Following;
using Orleans.Kpl.Run.Yaml;

namespace Orleans.Kpl.Run.Reading;

/// <summary>Reads a whole file of <c>kpl run</c>, and its section <c>input</c>.</summary>
internal static class RunFileReader
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

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
        var files = fields.Value("input") is { } from ? ReadInput(from, findings) : null;
        var processors = fields.Value("processors") is { } steps ? ProcessorReader.Read(steps, findings) : [];
        var output = fields.Section("output") is { } to ? OutputReader.Read(to) : null;
        if (!fields.Has("output"))
            findings.Error(fields.Place, "output is missing: aws_kinesis or tier");
        fields.End();
        return findings.Errors.Count > 0 || output is null ? null : new RunFile(files, processors, output);
    }

    /// <summary>Reads the input; null for standard input.</summary>
    private static FileInputSettings? ReadInput(YamlValue value, RunFindings findings)
    {
        FileInputSettings? files = null;
        var count = 0;
        foreach (var section in value.Named(findings))
        {
            if (section.Name is "retry")
            {
                findings.Warn(section.Place, "has no effect: reading is tried again for as long as it takes");
                continue;
            }

            if (count++ == 1)
                findings.Error(section.Place, "is a second input; a file has one, and several files may run at once");
            if (section.Name is not ("stdin" or "file"))
            {
                findings.Error(section.Place, ForeignNames.OfInputs.TryGetValue(section.Name, out var advice)
                    ? $"is no input of kpl: {advice}"
                    : $"is not known; inputs are stdin and file. {ForeignNames.AnyInput}");
                continue;
            }

            var fields = new FieldReader(section.Value, findings);
            fields.Choice("codec", "lines"); // Others name how bytes become records; here it is always a line each.
            files = section.Name is "file" ? ReadFile(fields) : null;
            fields.End();
        }

        return files;
    }

    private static FileInputSettings ReadFile(FieldReader fields)
    {
        string[] names = [.. new[] { "path", "paths", "filename" }.Where(fields.Has)];
        if (names.Length != 1)
            fields.Findings.Error(fields.Place, names.Length == 0 ? "path is missing" : $"{string.Join(" and ", names)} say the same; one is enough");
        var paths = names.Length > 0 ? fields.Texts(names[0]) ?? [] : [];
        foreach (var path in paths.Where(static path => FilePattern.Parse(path) is null))
            fields.Findings.Error(fields.Value(names[0])!.Place, $"'{path}': only the last part of a path may have * and ?");
        var defaults = new FileInputSettings { Paths = paths };
        var files = defaults with
        {
            Exclude = fields.Texts("exclude") ?? defaults.Exclude,
            Follow = fields.Switch("follow") ?? false,
            FromEnd = fields.Choice("from", "start", "end") is "end",
            Checkpoint = fields.Text("checkpoint"),
            Poll = fields.Duration("poll", TimeSpan.FromMilliseconds(10), Hour) ?? defaults.Poll,
            RotateWait = fields.Duration("rotate_wait", TimeSpan.Zero, Hour) ?? defaults.RotateWait,
            MaxInFlight = (int)(fields.Number("max_in_flight", 1, 1_000_000) ?? defaults.MaxInFlight),
        };
        if (files is { Follow: true, Checkpoint: null })
            fields.Findings.Warn(fields.Place, "follow without checkpoint: the next run reads all files again");
        return files;
    }
}
