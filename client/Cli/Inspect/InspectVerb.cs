using System.CommandLine;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Schemas;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Tail;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Inspect;

/// <summary><c>kpl inspect</c>: its arguments, and what it does with them.</summary>
internal static class InspectVerb
{
    private static readonly VerbHelp Help = new()
    {
        Details = """
            The input is the data itself, or its base64 as GetRecords answers it (found out where it is an aggregate). Plain data, which
            is no aggregate, is said to be plain. Of records with the header of AWS Glue's schema registry it shows the schema version, and the
            data without header and compression; --schema asks the registry for names and definitions.
            """,
        Examples =
        [
            new("inspect record.bin", "Explains a record's data in a file."),
            new("inspect --base64 record.txt", "Explains data as 'aws kinesis get-records' prints it."),
        ],
        ExitCodes =
        [
            (ExitCode.Success, "It is sound, or plain."), (ExitCode.SomeFailed, "It is damaged."), (ExitCode.BadArguments, "The arguments are wrong."),
        ],
        Variables = [SchemaNames.Variable, SharedOptions.SettingsVariables],
    };

    public static Command Create(CliHost host)
    {
        var file = SharedOptions.File("The file; '-' for standard input.");
        var base64 = new Option<bool>("--base64") { Description = "The input is base64." };
        var hex = new Option<bool>("--hex") { Description = "The input is hexadecimal; blanks, line ends and colons are passed over." };
        var schema = new Option<bool>("--schema") { Description = "Ask AWS Glue's registry for the schemas of the records." };
        var command = new Verb("inspect", "Explains the data of one Kinesis record byte by byte: key tables, members, MD5, and what is wrong with a damaged one.", Help)
        {
            file, base64, hex, schema,
        };
        command.Check = result => SharedOptions.IsGiven(result, base64) && SharedOptions.IsGiven(result, hex)
            ? ["--base64 and --hex exclude each other"]
            : [];
        command.SetAction((parsed, _) =>
        {
            var encoding = parsed.GetValue(base64) ? InspectEncoding.Base64 : parsed.GetValue(hex) ? InspectEncoding.Hex : InspectEncoding.Detect;
            return RunAsync(host, parsed.GetValue(file), encoding, parsed.GetValue(schema));
        });
        return command;
    }

    private static async Task<int> RunAsync(CliHost host, string? path, InspectEncoding encoding, bool asksGlue)
    {
        await using var file = InputFile.Open(host, path);
        if (file.IsKeyboard)
            new StatusLine(host).WriteLine($"kpl: reading from the keyboard; {InputFile.EndKey} ends");
        var (payload, note) = await InspectInput.ReadAsync(file, encoding, host.Stop).ConfigureAwait(false);
        var text = new StringWriter { NewLine = "\n" };
        if (note is not null)
            text.WriteLine($"{note}; decoded");
        var (isSound, schemas) = Explain(text, payload);
        await WriteSchemasAsync(host, text, schemas, asksGlue).ConfigureAwait(false);
        host.Write(text.ToString());
        return isSound ? ExitCode.Success : ExitCode.SomeFailed;
    }

    private static (bool IsSound, IReadOnlyList<Guid> Schemas) Explain(StringWriter text, ReadOnlyMemory<byte> payload)
    {
        if (!payload.Span.StartsWith(AggregateFormat.Magic))
        {
            WritePlain(text, payload);
            return (true, FramedRecord.TryRead(payload, out var framed) ? [framed.VersionId] : []);
        }

        var report = AggregateWalker.Walk(payload);
        WriteHead(text, report);
        WriteParts(text, report);
        WriteProblems(text, report);
        return (report.Problems.Count == 0, report.SchemaVersions);
    }

    /// <summary>Names the schemas of records with Glue's header.</summary>
    private static async Task WriteSchemasAsync(CliHost host, StringWriter text, IReadOnlyList<Guid> schemas, bool asksGlue)
    {
        if (schemas.Count == 0)
            return;
        text.WriteLine();
        if (!asksGlue)
        {
            text.WriteLine($"{Quantity.Of(schemas.Count, "schema version")} of AWS Glue's registry; --schema asks it for the names");
            return;
        }

        var status = new StatusLine(host);
        using var names = SchemaNames.Create(host, new CliSettings(host, null, null).ReadOptions(status), status);
        foreach (var schema in schemas)
        {
            var version = await names.FindAsync(schema, host.Stop).ConfigureAwait(false);
            text.WriteLine(SchemaText.Of(schema, version));
            if (version?.Definition is { } definition)
                text.WriteLine(host.OutputIsTerminal ? TerminalText.Of(definition.Replace("\r\n", "\n", StringComparison.Ordinal)) : definition);
        }
    }

    private static void WritePlain(TextWriter output, ReadOnlyMemory<byte> payload)
    {
        output.WriteLine($"plain data, {Preview.Bytes(payload.Length)}: one user record, no aggregate");
        output.WriteLine($"an aggregate starts with {Preview.Hex(AggregateFormat.Magic)}");
        if (!payload.IsEmpty)
            output.WriteLine($"data: {SchemaText.PreviewOf(payload)}");
    }

    private static void WriteHead(TextWriter output, AggregateReport report) => output.WriteLine(
        $"{(report.Problems.Count == 0 ? "aggregate" : "DAMAGED aggregate")}, {report.Payload.Length} bytes: {report.Records} user records, {report.PartitionKeys} partition keys, {report.HashKeys} explicit hash keys");

    private static void WriteParts(TextWriter output, AggregateReport report)
    {
        output.WriteLine();
        output.WriteLine("  offset  length  bytes                                    meaning");
        foreach (var part in report.Parts)
        {
            var indent = new string(' ', part.Depth * 2);
            var bytes = Preview.Hex(report.Payload.Span.Slice(part.Start, part.Length));
            output.WriteLine($"{part.Start,8}{part.Length,8}  {indent + bytes,-41}{indent}{part.Meaning}");
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
