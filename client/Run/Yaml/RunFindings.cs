namespace Orleans.Kpl.Run.Yaml;

/// <summary>Collects what is wrong in a file, and what works but probably not as intended, each with its place.</summary>
/// <param name="file">The file's name, which messages begin with.</param>
internal sealed class RunFindings(string file)
{
    private readonly List<(YamlPlace Place, string Message)> _errors = [];
    private readonly List<(YamlPlace Place, string Message)> _warnings = [];

    /// <summary>The errors in the order of the file, such as <c>run.yaml:7:5: output.aws_kinesis: stream_name is missing</c>.</summary>
    public IReadOnlyList<string> Errors => Tell(_errors);

    /// <summary>The warnings in the order of the file.</summary>
    public IReadOnlyList<string> Warnings => Tell(_warnings);

    public void Error(YamlPlace place, string message) => _errors.Add((place, message));

    public void Warn(YamlPlace place, string message) => _warnings.Add((place, message));

    private List<string> Tell(List<(YamlPlace Place, string Message)> findings) =>
    [
        .. findings.OrderBy(static f => f.Place.Line).ThenBy(static f => f.Place.Column).Select(f =>
            $"{file}:{f.Place.Line}:{f.Place.Column}: {(f.Place.Path.Length > 0 ? f.Place.Path + ": " : "")}{f.Message}")
            .Distinct(),
    ];
}
