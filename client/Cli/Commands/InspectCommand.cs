using System.CommandLine;
using Orleans.Kpl.Cli.Inspect;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>Defines the arguments of <c>kpl inspect</c>.</summary>
internal static class InspectCommand
{
    public const string Name = "inspect";

    private const string Summary = "Explains the data of one Kinesis record byte by byte: key tables, members, MD5, and what is wrong with a damaged one.";

    private const string Details = """
        The input is the data itself, or its base64 as GetRecords answers it (found out where it is an aggregate). Plain data, which
        is no aggregate, is said to be plain.

        Exit code: 0 sound or plain, 1 damaged, 2 bad arguments.
        """;

    public static Command Create(CliHost host, bool isAsked)
    {
        var file = SharedOptions.File("The file; '-' for standard input.");
        var base64 = new Option<bool>("--base64") { Description = "The input is base64." };
        var hex = new Option<bool>("--hex") { Description = "The input is hexadecimal; blanks, line ends and colons are passed over." };
        var command = new Verb(Name, Summary, Details, isAsked) { file, base64, hex };
        command.Check = result => SharedOptions.IsGiven(result, base64) && SharedOptions.IsGiven(result, hex)
            ? ["--base64 and --hex exclude each other"]
            : [];
        command.SetAction((parsed, _) =>
        {
            var encoding = parsed.GetValue(base64) ? InspectEncoding.Base64 : parsed.GetValue(hex) ? InspectEncoding.Hex : InspectEncoding.Detect;
            return InspectVerb.RunAsync(host, parsed.GetValue(file), encoding);
        });
        return command;
    }
}
