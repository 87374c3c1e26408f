using System.CommandLine;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orleans.Kpl.Cli.Admin;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Tier;
using Orleans.Kpl.Conditions;

namespace Orleans.Kpl.Cli.Top;

/// <summary>Shows a tier's events in the terminal, a screen a second, until it is interrupted or <c>q</c> is typed.</summary>
internal sealed class TopVerb : TierVerb
{
    private static readonly (int Code, string Meaning)[] ExitCodes =
    [
        (ExitCode.Success, "Shown, until it was interrupted."),
        (ExitCode.SomeFailed, "The tier's answer cannot be read; with --once also: the stream is bad, or the tier by its /health."),
        (ExitCode.BadArguments, "The arguments are wrong."), (ExitCode.NotThere, "The tier is not there; with --once also: the stream is not."),
    ];

    /// <summary>Another screen, so that what was there before comes back; and no cursor.</summary>
    private const string Enter = "\u001b[?1049h\u001b[?25l";
    private const string Leave = "\u001b[?25h\u001b[?1049l";
    private const string Home = "\u001b[H";
    private const string EndOfLine = "\u001b[K\n";
    private const string EndOfScreen = "\u001b[J";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>A tier sends a pulse a second: one that is silent for so long is gone, or something on the way to it is.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    private readonly CliHost _host;
    private readonly bool _json;
    private readonly TopScreen _screen;
    private readonly CancellationTokenSource _stop;
    private string _last = "";
    private int _code;
    private JsonObject? _health;
    private Task<JsonObject?> _asking = Task.FromResult<JsonObject?>(null);

    /// <param name="host">The host whose standard output gets the screens.</param>
    /// <param name="json">Whether pulses are printed as they come, a line each.</param>
    public TopVerb(CliHost host, NamedTier named, string stream, bool json)
        : base(host, named, stream, json)
    {
        (_host, _json) = (host, json);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(host.Stop);
        _screen = new TopScreen(Connection.Tier.AbsoluteUri.TrimEnd('/'), host.OutputPaint, host.Columns);
    }

    public static Verb Create(CliHost host)
    {
        var once = new Option<bool>("--once") { Description = "Shows one screen as plain text, and ends: for scripts." };
        var help = AdminCommands.Help(
            ExitCodes, new("top --stream events", "Shows rates, shards and silos, until q or Ctrl-C."), new("top --once", "Shows them once."),
            new("top --json", "Prints each pulse as a line of JSON."));
        var command = new Verb("top", "Shows a stream live: rates, ledger, shards, silos.", help) { once };
        return AdminCommands.SetTierAction(
            command, (named, stream, json) => new TopVerb(host, named, stream, json), (parsed, run) => run.RunAsync(parsed.GetValue(once)));
    }

    private bool IsScreen => _host.OutputIsTerminal && !_json && _host.Variable("TERM") is not "dumb";

    /// <summary>Shows screens; with <paramref name="once"/> one, as plain text.</summary>
    public async Task<int> RunAsync(bool once)
    {
        var entered = false;
        try
        {
            while (true)
            {
                await using var events = await Connection.OpenAsync($"/admin/events?stream={Uri.EscapeDataString(Stream)}", _stop.Token).ConfigureAwait(false);
                if (IsScreen && !once && !entered)
                {
                    _host.Write(Enter);
                    entered = true;
                    WatchKeys();
                }

                if (await ShowAsync(events, once).ConfigureAwait(false))
                    return _code;
                if (once)
                    throw CliException.Failed("the tier ended its events");
                await Task.Delay(Pause, _host.Time, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return once ? _host.StopCode() : ExitCode.Success;
        }
        finally
        {
            // The last screen stays, as of other commands.
            if (entered)
                _host.Write(Leave + _last);
        }
    }

    /// <summary>Ends the verb when <c>q</c> is typed, as pagers do. The thread that reads keys ends with the process.</summary>
    private void WatchKeys()
    {
        if (_host.ReadKey is not { } read || !_host.InputIsTerminal)
            return;
        new Thread(() =>
        {
            while (read() is { } key)
            {
                if (key is not ('q' or 'Q'))
                    continue;
                _stop.Cancel();
                return;
            }
        }) { IsBackground = true, Name = "kpl keys" }.Start();
    }

    /// <summary>Shows events until they end; true where nothing more is to be shown.</summary>
    private async Task<bool> ShowAsync(Stream events, bool once)
    {
        using var silent = new CancellationTokenSource(Silence, _host.Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, silent.Token);
        try
        {
            await foreach (var told in SseParser.Create(events).EnumerateAsync(end.Token).ConfigureAwait(false))
            {
                if (told.EventType == "pulse" && (once || !_json))
                    await AskHealthAsync(waits: once).ConfigureAwait(false);
                if (Show(told, _health, once) && once)
                    return true;
                silent.CancelAfter(Silence);
            }
        }
        catch (OperationCanceledException) when (!_stop.IsCancellationRequested)
        {
            if (once)
                throw CliException.NotThere($"no event from {Connection.Tier} within {Silence.TotalSeconds:0} s");
        }
        catch (IOException)
        {
            // The process that told them was lost. Another one may tell them, and where none is there, that is said.
        }

        return false;
    }

    /// <summary>Asks for the health of the tier's process. A screen does not wait for it: it has the last answer.</summary>
    private async Task AskHealthAsync(bool waits)
    {
        if (waits)
        {
            _health = await Connection.TryGetHealthAsync().ConfigureAwait(false);
        }
        else if (_asking.IsCompleted)
        {
            _health = await _asking.ConfigureAwait(false);
            _asking = Connection.TryGetHealthAsync();
        }
    }

    /// <summary>Shows an event; true where it is the one that <c>--once</c> waits for.</summary>
    /// <param name="health">What the tier's process says of itself, all streams included; null where it does not.</param>
    private bool Show(SseItem<string> told, JsonObject? health, bool once)
    {
        if (told.EventType == "map")
            _screen.SetMap(JsonElement.Parse(told.Data));
        if (told.EventType != "pulse")
            return false;
        var pulse = JsonElement.Parse(told.Data);
        var condition = pulse.GetProperty("pulse").GetProperty("condition");
        var code = condition.GetProperty("code").GetString();
        _code = code == ConditionCodes.StreamMissing ? ExitCode.NotThere
            : condition.GetProperty("severity").GetString() == "bad" || (health is not null && TierHealth.IsBad(health)) ? ExitCode.SomeFailed
            : ExitCode.Success;
        if (_json)
            return Print(told.Data + "\n", once);

        var isElsewhere = health is not null && (TierHealth.IsOfOthers(health, Stream) || (TierHealth.IsBad(health) && TierHealth.Code(health) != code));
        var text = _screen.Of(pulse, isElsewhere ? TierHealth.Sentence(health!, Stream) : null, isOnly: once);
        if (once && !_screen.HasRates && _code != ExitCode.NotThere)
            return false;
        _last = text;
        if (!IsScreen || once)
            return Print(text + (once ? "" : "\n"), once);
        return Print(Home + Lines.CutRows(text, _host.Columns(), _host.Rows()).Replace("\n", EndOfLine, StringComparison.Ordinal) + EndOfScreen, once);
    }

    /// <summary>Prints a screen or a line; the last one where nobody reads the next, as after <c>| head</c>.</summary>
    private bool Print(string text, bool once)
    {
        if (!_host.Write(text) && !once)
            _stop.Cancel();
        return true;
    }
}
