using System.Net;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Tier;

namespace Orleans.Kpl.Cli.Ready;

/// <summary>Runs one <c>kpl ready</c>: asks a tier whether records may come, until they may or the time is up.</summary>
internal static class ReadyVerb
{
    private const string Path = "/health/ready";

    /// <summary>How long one answer may take. It is made from memory, so a tier that takes longer is not ready.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <param name="host">The host whose standard error is told why the tier is not ready.</param>
    /// <param name="tier">The tier's address.</param>
    /// <param name="wait">How long the tier is asked again.</param>
    public static async Task<int> RunAsync(CliHost host, Uri tier, TimeSpan wait)
    {
        using var http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = AnswerLimit, UseProxy = !tier.IsLoopback, UseCookies = false })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        var address = new Uri(tier, $"{tier.AbsolutePath.TrimEnd('/')}{Path}");
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
            return TierAnswer.ReadError(body).Message ?? $"it answers, but not as a tier: {(int)response.StatusCode}";
        }
        catch (HttpRequestException e)
        {
            return e.Message;
        }
        catch (OperationCanceledException) when (!host.Stop.IsCancellationRequested)
        {
            return $"no answer within {AnswerLimit.TotalSeconds:0} s";
        }
    }
}
