using System.Globalization;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Pipeline.Aggregation;

namespace Orleans.Kpl.Cli.Inspect;

/// <summary>Runs one <c>kpl inspect</c>: the explanation goes to standard output.</summary>
internal static class InspectVerb
{
    public static async Task<int> RunAsync(CliHost host, string? path, InspectEncoding encoding)
    {
        await using var file = InputFile.Open(host, path);
        var (payload, note) = await InspectInput.ReadAsync(file, encoding, host.Stop).ConfigureAwait(false);
        await using var output = new StreamWriter(host.Output, bufferSize: 64 << 10, leaveOpen: true) { NewLine = "\n" };
        if (note is not null)
            await output.WriteLineAsync($"{note}; decoded").ConfigureAwait(false);

        if (!payload.Span.StartsWith(AggregateFormat.Magic))
        {
            WritePlain(output, payload.Span);
            return ExitCode.Success;
        }

        var report = AggregateWalker.Walk(payload);
        WriteHead(output, report);
        WriteParts(output, report);
        WriteProblems(output, report);
        return report.Problems.Count == 0 ? ExitCode.Success : ExitCode.SomeFailed;
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
