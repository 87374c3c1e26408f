using System.CommandLine;
using System.Net;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Settings;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Tier;

namespace Orleans.Kpl.Cli.Ready;

/// <summary><c>kpl ready</c>: its arguments, and what it does with them.</summary>
internal static class ReadyVerb
{
    private static readonly VerbHelp Help = new()
    {
        Details = """
            Asks /health/ready of the tier, and nothing else: neither Kinesis nor a stream; 'kpl check' asks Kinesis. A tier is not ready
            while it joins its cluster and while it stops. It stays ready while Kinesis is away, because records wait.

            With --wait it asks every second until the tier is ready or the time is up, also where nothing listens yet.
            """,
        Examples =
        [
            new("ready", "Asks the tier on this machine once."),
            new("ready --tier http://kpl:8080 --wait 60", "Waits up to a minute for a tier that starts."),
        ],
        ExitCodes =
        [
            (ExitCode.Success, "The tier is ready."), (ExitCode.SomeFailed, "It is not ready, or does not answer; standard error says why."),
            (ExitCode.BadArguments, "The arguments are wrong."),
        ],
        Variables = [.. SharedOptions.TierVariables],
    };

    /// <summary>How long one answer may take. It is made from memory, so a tier that takes longer is not ready.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public static Command Create(CliHost host)
    {
        var tier = SharedOptions.Tier();
        var wait = SharedOptions.Number<int>("--wait", "Asks for so many seconds at most; 0 to 86400. Otherwise once.", 0, 86_400, unit: "SECONDS");
        var command = new Verb("ready", "Asks whether records may be sent to a tier now, and says why not: a health check for containers.", Help)
        {
            tier, wait,
        };
        command.SetAction((parsed, _) => RunAsync(
            host, new CliSettings(host, parsed.GetValue(tier), null).Tier, TimeSpan.FromSeconds(parsed.GetValue(wait))));
        return command;
    }

    /// <param name="wait">How long the tier is asked again.</param>
    private static async Task<int> RunAsync(CliHost host, Uri tier, TimeSpan wait)
    {
        // Whoever asks need not be known, but the tier's certificate may be of an authority of one's own.
        using var http = TierAccess.Of(host).CreateClient(tier, AnswerLimit, isKnown: false);
        var address = TierAccess.At(tier, "/health/ready");
        var start = host.Time.GetTimestamp();
        while (true)
        {
            if (await FindObstacleAsync(http, address, host).ConfigureAwait(false) is not { } obstacle)
                return ExitCode.Success;
            if (host.Time.GetElapsedTime(start) + Pause > wait)
                throw CliException.Failed($"the tier at {tier} is not ready: {obstacle}");
            await Task.Delay(Pause, host.Time, host.Stop).ConfigureAwait(false);
        }
    }

    /// <summary>Returns why the tier is not ready; null when it is.</summary>
    private static async Task<string?> FindObstacleAsync(HttpClient http, Uri address, CliHost host)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(host.Stop);
        limit.CancelAfter(AnswerLimit);
        try
        {
            using var response = await http.GetAsync(address, limit.Token).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.OK)
                return null;
            var body = await response.Content.ReadAsByteArrayAsync(limit.Token).ConfigureAwait(false);
            return TierAnswer.ReadError(body).Message ?? NoTier.Describe("it", (int)response.StatusCode, body);
        }
        catch (Exception e) when (e is HttpRequestException or CliException { Code: ExitCode.NotThere })
        {
            return e.Message;
        }
        catch (OperationCanceledException) when (!host.Stop.IsCancellationRequested)
        {
            return $"no answer within {AnswerLimit.TotalSeconds:0} s";
        }
    }
}
