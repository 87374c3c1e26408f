using System.CommandLine;
using Orleans.Kpl.Cli.Inspect;
using Orleans.Kpl.Cli.Schemas;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>Defines the arguments of <c>kpl inspect</c>.</summary>
internal static class InspectCommand
{
    public const string Name = "inspect";

    private const string Summary = "Explains the data of one Kinesis record byte by byte: key tables, members, MD5, and what is wrong with a damaged one.";

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

    public static Command Create(CliHost host, bool isAsked)
    {
        var file = SharedOptions.File("The file; '-' for standard input.");
        var base64 = new Option<bool>("--base64") { Description = "The input is base64." };
        var hex = new Option<bool>("--hex") { Description = "The input is hexadecimal; blanks, line ends and colons are passed over." };
        var schema = new Option<bool>("--schema") { Description = "Ask AWS Glue's registry for the schemas of the records." };
        var command = new Verb(Name, Summary, Help, isAsked) { file, base64, hex, schema };
        command.Check = result => SharedOptions.IsGiven(result, base64) && SharedOptions.IsGiven(result, hex)
            ? ["--base64 and --hex exclude each other"]
            : [];
        command.SetAction((parsed, _) =>
        {
            var encoding = parsed.GetValue(base64) ? InspectEncoding.Base64 : parsed.GetValue(hex) ? InspectEncoding.Hex : InspectEncoding.Detect;
            return InspectVerb.RunAsync(host, parsed.GetValue(file), encoding, parsed.GetValue(schema));
        });
        return command;
    }
}
