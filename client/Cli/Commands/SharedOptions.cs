using System.CommandLine;
using System.CommandLine.Parsing;
using Orleans.Kpl.Cli.Tier;
using Orleans.Kpl.Run.Reading;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>Makes the options that several verbs have; each verb gets its own instances.</summary>
internal static class SharedOptions
{
    public const string DefaultStream = "events";

    public const string UsualTier = "http://127.0.0.1:8080";

    private const string OtherEndpoints = ". Otherwise AWS_ENDPOINT_URL_KINESIS, AWS_ENDPOINT_URL, the one that the tier sends to, AWS's own for the region";

    /// <summary>The uses of the variables about a tier.</summary>
    public static IReadOnlyList<(string Name, string Use)> TierVariables =>
    [
        ("KPL_TIER", "The tier's address, where no option gives it."),
        (TierAccess.KeyVariable, "The API key to ask a tier with."),
        (TierAccess.TokenVariable, "The file of a token to ask a tier with instead."),
        (TierCertificates.AuthorityVariable, "PEM with the authorities of a tier's certificate, instead of the machine's."),
        (TierCertificates.OwnVariable, "PEM with a certificate that shows a tier who asks."),
        (TierCertificates.KeyVariable, "PEM with its key, where that is not in the same file."),
    ];

    /// <summary>The uses of the variables of a tier's addresses.</summary>
    public static IReadOnlyList<(string Name, string Use)> AdminVariables =>
        [("KPL_ADMIN", "The address of a tier's administration, where no option gives it."), .. TierVariables];

    /// <summary>The use of AWS's variables of endpoints.</summary>
    public static (string Name, string Use) EndpointVariables => ("AWS_ENDPOINT_URL_KINESIS, AWS_ENDPOINT_URL", "The Kinesis endpoint, where --endpoint is not given.");

    /// <summary>The use of the variables of settings.</summary>
    public static (string Name, string Use) SettingsVariables => ("Kpl__NAME, AWS_REGION, AWS_...", "Settings, region and credentials of what runs in this process.");

    public static Option<string> Stream()
    {
        var option = new Option<string>("--stream", "-s")
        {
            Description = "The stream's name or ARN.",
            HelpName = "S",
            DefaultValueFactory = static _ => DefaultStream,
        };
        option.Validators.Add(Refuse(static stream => StreamName.IsFit(stream) ? null : $"--stream: '{stream}' is not {StreamName.Rule}"));
        return option;
    }

    public static Option<string?> Tier() => Address(
        "--tier", $"A tier's HTTP address. Otherwise KPL_TIER, otherwise {UsualTier}.");

    public static Option<string?> Admin() => Address(
        "--admin", "The address that a tier's administration has for itself. Otherwise KPL_ADMIN, otherwise that of the tier.");

    public static Option<string?> Endpoint(string effect = OtherEndpoints) => Address(
        "--endpoint", $"A Kinesis endpoint{effect}.");

    public static Option<bool> Json(string description) => new("--json") { Description = description };

    public static Argument<string> File(string description) => new("FILE")
    {
        Description = description,
        Arity = ArgumentArity.ZeroOrOne,
        DefaultValueFactory = static _ => "-",
    };

    /// <summary>Lets an option take some words only, and completes them.</summary>
    public static void TakeOneOf<T>(Option<T> option, params IReadOnlyList<string> words)
    {
        option.CompletionSources.Add([.. words]);
        option.Validators.Add(Refuse(text =>
            words.Contains(text, StringComparer.Ordinal) ? null : $"{option.Name}: '{text}' is none of {string.Join(", ", words)}"));
    }

    /// <summary>Makes an option that takes the whole numbers of a range.</summary>
    public static Option<T> Number<T>(string name, string description, long least, long most, Func<ArgumentResult, T>? usual = null, string unit = "N")
    {
        var option = new Option<T>(name) { Description = description, HelpName = unit, DefaultValueFactory = usual };
        option.Validators.Add(Refuse(text => !long.TryParse(text, out var number) || (number >= least && number <= most) ? null
            : most == long.MaxValue ? $"{name}: {number} is not {least} or more" : $"{name}: {number} is not from {least} to {most}"));
        return option;
    }

    /// <summary>Judges the text that is given, where it is one.</summary>
    /// <param name="findError">Returns what to say of it; null where it will do, or the parser reports an error of its own.</param>
    public static Action<SymbolResult> Refuse(Func<string, string?> findError) => result =>
    {
        if (result.Tokens.Count == 1)
            RefuseEach(findError)(result);
    };

    /// <summary>Refuses a text that is no duration with a unit within a range.</summary>
    /// <param name="example">A duration that would do.</param>
    public static Action<SymbolResult> RefuseDuration(string name, TimeSpan least, TimeSpan most, string example) =>
        Refuse(text => DurationText.TryParseWithUnit(text, least, most, out _) ? null : $"{name}: '{text}' {DurationText.Refuse(text, least, most, example)}");

    /// <summary>Judges each text of an option that may be given several times.</summary>
    public static Action<SymbolResult> RefuseEach(Func<string, string?> findError) => result =>
    {
        foreach (var error in result.Tokens.Select(t => findError(t.Value)).OfType<string>())
            result.AddError(error);
    };

    /// <summary>Whether an option was written on the command line.</summary>
    public static bool IsGiven(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };

    private static Option<string?> Address(string name, string description)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = "URL" };
        option.Validators.Add(Refuse(text => HttpAddress.Parse(text) is null ? $"{name}: {HttpAddress.Refuse(text)}" : null));
        return option;
    }
}
