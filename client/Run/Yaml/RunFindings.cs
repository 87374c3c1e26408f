namespace Orleans.Kpl.Run.Yaml;

/// <summary>Collects what is wrong in a file, and what works but probably not as intended, each with its location.</summary>
/// <param name="file">The file's name, which messages begin with.</param>
internal sealed class RunFindings(string file)
{
    private readonly List<(YamlLocation Location, string Message)> _errors = [];
    private readonly List<(YamlLocation Location, string Message)> _warnings = [];

    /// <summary>The errors in the order of the file, such as <c>run.yaml:7:5: output.aws_kinesis: stream_name is missing</c>.</summary>
    public IReadOnlyList<string> Errors => Tell(_errors);

    /// <summary>The warnings in the order of the file.</summary>
    public IReadOnlyList<string> Warnings => Tell(_warnings);

    public void Error(YamlLocation location, string message) => _errors.Add((location, message));

    public void Warn(YamlLocation location, string message) => _warnings.Add((location, message));

    private List<string> Tell(List<(YamlLocation Location, string Message)> findings) =>
    [
        .. findings.OrderBy(static f => f.Location.Line).ThenBy(static f => f.Location.Column).Select(f =>
            $"{file}:{f.Location.Line}:{f.Location.Column}: {(f.Location.Path.Length > 0 ? f.Location.Path + ": " : "")}{f.Message}")
            .Distinct(),
    ];
}
