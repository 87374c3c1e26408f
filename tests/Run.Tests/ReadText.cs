using Orleans.Kpl.Run.Reading;
using Orleans.Kpl.Run.Yaml;

namespace Orleans.Kpl.Run.Tests;

/// <summary>What reading a text as the file of a run gave.</summary>
internal sealed record ReadText(RunFile? File, IReadOnlyList<string> Errors, IReadOnlyList<string> Warnings)
{
    public static ReadText Of(string text, params (string Name, string Value)[] environment)
    {
        var findings = new RunFindings("run.yaml");
        var file = RunFileReader.Read(text, name => environment.FirstOrDefault(e => e.Name == name).Value, findings);
        return new ReadText(file, findings.Errors, findings.Warnings);
    }

    /// <summary>Reads the processors of a file whose other parts are right.</summary>
    public static ReadText OfProcessors(string processors, string key = "") =>
        Of($"processors: {processors}\noutput: {{ aws_kinesis: {{ stream_name: events{(key.Length > 0 ? $", {key}" : "")} }} }}", ("SITE", "north"));
}
