using System.CommandLine;
using System.Globalization;
using Orleans.Kpl.Cli.Terminal;

namespace Orleans.Kpl.Cli.Commands;

/// <summary>Defines the arguments of the verbs that change a stream's capacity: its warm throughput, its largest record, its mode.</summary>
internal static class CapacityCommands
{
    private const string OnDemand = "on-demand";
    private const string Provisioned = "provisioned";

    public static IEnumerable<Command> Create(CliHost host) => [Warm(host), RecordLimit(host), Mode(host)];

    private static Verb Warm(CliHost host)
    {
        var size = Size("MIB", "How many MiB/s of writes an on-demand stream is kept ready for, such as 200MiB; 0 releases it.", 1 << 10);
        var after = new Option<string?>("--for") { Description = "Sets it back after so long, such as 2h; 1m to 30d. A cluster with a table sees to it, whichever silos live; any other process only while it lives.", HelpName = "TIME" };
        // To the tier, zero means that the stream stays warm for good.
        after.Validators.Add(SharedOptions.RefuseDuration("--for", TimeSpan.FromMinutes(1), TimeSpan.FromDays(30), "30m or 2h"));
        return Make(host, "warm", "Keeps an on-demand stream ready for more writes.", [
            new("warm 200MiB --for 2h", "Warms it for an event, and sets it back by itself."), new("warm 0 --dry-run", "Shows what releasing it does."),
        ], [size, after], parsed => new CapacityChange
        {
            WarmMiBPerSecond = KiBOf(parsed.GetRequiredValue(size)) >> 10,
            For = parsed.GetValue(after) is { } text && DurationText.TryParse(text, out var time) ? time : default,
        });
    }

    private static Verb RecordLimit(CliHost host)
    {
        var size = Size("SIZE", "The largest record, key and data, 1MiB to 10MiB, in whole KiB.", 1);
        // As a number, as Kinesis calls it, 10240 is ten GiB here.
        size.Validators.Add(SharedOptions.Refuse(static text =>
            FindKiB(text) is not { } kiB ? null
            : char.IsAsciiDigit(text[^1]) ? $"'{text}' has no unit: write {(int.TryParse(text, out var number) && number >= 1_024 ? $"{text}KiB" : $"{text}MiB")}"
            : kiB is < 1_024 or > 10_240 ? $"'{text}' is not from 1MiB to 10MiB"
            : null));
        return Make(host, "record-limit", "Sets how large a record of a stream may be.", [
            new("record-limit 10MiB", "Lets it take records of up to 10 MiB."),
        ], [size], parsed => new CapacityChange { MaxRecordKiB = KiBOf(parsed.GetRequiredValue(size)) });
    }

    private static Verb Mode(CliHost host)
    {
        var mode = new Argument<string>("MODE") { Description = $"{OnDemand}: Kinesis decides on the shards; {Provisioned}: you, or a policy, do." };
        mode.CompletionSources.Add(OnDemand, Provisioned);
        mode.Validators.Add(SharedOptions.Refuse(static text =>
            text is OnDemand or Provisioned ? null : $"'{text}' is no mode of a stream: there are {OnDemand}, {Provisioned}"));
        return Make(host, "mode", "Switches a stream between on-demand and provisioned; twice in 24 hours at most.", [
            new($"mode {OnDemand} --dry-run", "Shows what the switch means."), new($"mode {Provisioned} --yes", "Switches without asking."),
        ], [mode], parsed => new CapacityChange { OnDemand = parsed.GetRequiredValue(mode) == OnDemand });
    }

    private static Verb Make(
        CliHost host, string name, string summary, IReadOnlyList<Example> examples, IEnumerable<Symbol> symbols,
        Func<ParseResult, CapacityChange> changeOf)
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Shows what would be done. Changes nothing." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Asks nothing." };
        return AdminCommands.Make(host, name, summary, examples, [.. symbols, dryRun, yes], (parsed, run) =>
            run.ChangeCapacityAsync(changeOf(parsed), parsed.GetValue(dryRun), parsed.GetValue(yes)));
    }

    private static Argument<string> Size(string name, string description, int leastKiB)
    {
        var size = new Argument<string>(name) { Description = description };
        size.Validators.Add(SharedOptions.Refuse(text =>
            FindKiB(text) % leastKiB == 0 ? null : $"'{text}' is no size in whole {(leastKiB == 1 ? "KiB" : "MiB")}, such as 10MiB"));
        return size;
    }

    private static int KiBOf(string text) => FindKiB(text) ?? throw new ArgumentException("The parser has checked it.", nameof(text));

    /// <summary>Reads a size such as 1536KiB, 10MiB or 1GiB; a bare number is MiB. Null for what is none, and for a part of a KiB.</summary>
    private static int? FindKiB(string text)
    {
        var (digits, unit) = text switch
        {
            _ when text.EndsWith("KiB", StringComparison.OrdinalIgnoreCase) => (text[..^3], 1m),
            _ when text.EndsWith("MiB", StringComparison.OrdinalIgnoreCase) => (text[..^3], 1_024m),
            _ when text.EndsWith("GiB", StringComparison.OrdinalIgnoreCase) => (text[..^3], 1_048_576m),
            _ => (text, 1_024m),
        };
        return decimal.TryParse(digits.TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number < int.MaxValue / unit && decimal.IsInteger(number * unit)
            ? (int)(number * unit)
            : null;
    }
}
