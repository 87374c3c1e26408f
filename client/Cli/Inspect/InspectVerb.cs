using System.Globalization;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline.Aggregation;

namespace Orleans.Kpl.Cli.Inspect;

/// <summary>Runs one <c>kpl inspect</c> and writes the explanation to standard output.</summary>
internal static class InspectVerb
{
    public static async Task<int> RunAsync(CliHost host, string? path, InspectEncoding encoding)
    {
        await using var file = InputFile.Open(host, path);
        if (file.IsKeyboard)
            new StatusLine(host).WriteLine($"kpl: reading from the keyboard; {InputFile.EndKey} ends");
        var (payload, note) = await InspectInput.ReadAsync(file, encoding, host.Stop).ConfigureAwait(false);
        var text = new StringWriter { NewLine = "\n" };
        if (note is not null)
            text.WriteLine($"{note}; decoded");
        var isSound = Explain(text, payload);
        host.Write(text.ToString());
        return isSound ? ExitCode.Success : ExitCode.SomeFailed;
    }

    private static bool Explain(StringWriter text, ReadOnlyMemory<byte> payload)
    {
        if (!payload.Span.StartsWith(AggregateFormat.Magic))
        {
            WritePlain(text, payload.Span);
            return true;
        }

        var report = AggregateWalker.Walk(payload);
        WriteHead(text, report);
        WriteParts(text, report);
        WriteProblems(text, report);
        return report.Problems.Count == 0;
    }

    private static void WritePlain(TextWriter output, ReadOnlySpan<byte> payload)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"plain data, {Preview.Bytes(payload.Length)}: one user record, no aggregate"));
        output.WriteLine($"an aggregate starts with {Preview.Hex(AggregateFormat.Magic)}");
        if (!payload.IsEmpty)
            output.WriteLine($"data: {Preview.Of(payload)}");
    }

    private static void WriteHead(TextWriter output, AggregateReport report) => output.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{(report.Problems.Count == 0 ? "aggregate" : "DAMAGED aggregate")}, {report.Payload.Length} bytes: {report.Records} user records, {report.PartitionKeys} partition keys, {report.HashKeys} explicit hash keys"));

    private static void WriteParts(TextWriter output, AggregateReport report)
    {
        output.WriteLine();
        output.WriteLine("  offset  length  bytes                                    meaning");
        foreach (var part in report.Parts)
        {
            var indent = new string(' ', part.Depth * 2);
            var bytes = Preview.Hex(report.Payload.Span.Slice(part.Start, part.Length));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{part.Start,8}{part.Length,8}  {indent + bytes,-41}{indent}{part.Meaning}"));
        }
    }

    private static void WriteProblems(TextWriter output, AggregateReport report)
    {
        if (report.Problems.Count == 0)
            return;

        output.WriteLine();
        output.WriteLine("what is wrong");
        foreach (var problem in report.Problems)
            output.WriteLine($"  {problem}");
    }
}
