using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>Says what the parser of arguments found in words for users: its own name types of .NET.</summary>
internal static partial class ParserWords
{
    /// <summary>Returns the error in our words; one that our own checks found stays as it is.</summary>
    public static string Of(ParseError error)
    {
        var text = error.Message;
        if (NoValue().Match(text) is { Success: true } unread)
            return $"{(unread.Groups["option"] is { Success: true } option ? option.Value : ArgumentOf(error))}: '{unread.Groups["value"].Value}' is {KindOf(unread.Groups["type"].Value)}";
        if (NoOption().Match(text) is { Success: true } missing)
            return $"{missing.Groups["option"].Value} is missing";
        if (NoOptionValue().Match(text) is { Success: true } empty)
            return $"{empty.Groups["option"].Value} needs a value{((error.SymbolResult as OptionResult)?.Option.HelpName is { } kind ? $": {kind}" : "")}";
        if (NoArgument().IsMatch(text))
            return $"{ArgumentOf(error)} is missing";
        return ManyValues().Match(text) is { Success: true } many ? $"{many.Groups["option"].Value} is given more than once" : text;
    }

    private static string ArgumentOf(ParseError error) =>
        error.SymbolResult is ArgumentResult argument ? argument.Argument.Name
        : (error.SymbolResult as CommandResult)?.Command.Arguments.FirstOrDefault(a => a.Arity.MinimumNumberOfValues > 0)?.Name ?? "an argument";

    private static string KindOf(string type) => type switch
    {
        "System.Int64" or "System.Int32" => "no whole number, or far too large",
        "System.Double" or "System.Decimal" => "no number",
        _ => "not of the kind that is expected",
    };

    [GeneratedRegex("^Cannot parse argument '(?<value>.*)' for (?:option '(?<option>[^']+)'|command '[^']*'|argument '[^']*') as expected type '(?:System.Nullable`1\\[)?(?<type>[A-Za-z0-9.]+)\\]?'", RegexOptions.Singleline)]
    private static partial Regex NoValue();

    [GeneratedRegex("^Option '(?<option>[^']+)' is required")]
    private static partial Regex NoOption();

    [GeneratedRegex("^Required argument missing for option: '(?<option>[^']+)'")]
    private static partial Regex NoOptionValue();

    [GeneratedRegex("^Required argument .*missing for command")]
    private static partial Regex NoArgument();

    [GeneratedRegex("^Option '(?<option>[^']+)' expects a single argument")]
    private static partial Regex ManyValues();
}
