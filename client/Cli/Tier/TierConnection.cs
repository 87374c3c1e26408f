using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Cli.Commands;

namespace Orleans.Kpl.Cli.Tier;

/// <summary>
/// Sends HTTP requests to one tier over persistent connections. A request is sent again only if the tier cannot have accepted it: no
/// connection was made, or the tier itself answered 503 or 429. It ends at no interrupt: records that were read are put, and a second interrupt ends all.
/// </summary>
/// <param name="advice">What names another tier, for a verb that has no option for it.</param>
/// <param name="end">Ends the waits for a tier that takes nothing now; each request is sent once from then on.</param>
internal sealed class TierConnection(
    Uri address, TierAccess access, TimeProvider time, string advice = TierConnection.Options, CancellationToken end = default) : IDisposable
{
    private const string Options = "--tier URL names another tier, --endpoint URL puts to Kinesis without one";

    /// <summary>How long a tier that was reachable may be unreachable.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The code of a refusal for a quota (docs/error-codes.md).</summary>
    private const string QuotaReached = "QuotaReached";

    /// <summary>How long a connection to a tier may take.</summary>
    public static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan HealthLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait that a tier may ask for.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly HttpClient _http = access.CreateClient(address, ConnectLimit);
    private volatile bool _reached;

    /// <summary>What the tier said when it refused for a quota of the caller that is used up; null since it refused for none.</summary>
    private volatile string? _overQuota;

    public Uri Address { get; } = address;

    /// <summary>Whether a tier that takes nothing now is waited for no longer.</summary>
    public bool HasEnded => end.IsCancellationRequested;

    /// <summary>The advice where no tier is; nothing about one that was there.</summary>
    private string Advice => _reached ? "" : $"; {advice}";

    /// <summary>Posts a body, tries again where that is safe, and reads the whole answer.</summary>
    /// <exception cref="CliException">The tier is not reachable.</exception>
    /// <exception cref="TierException">The request was sent and got no whole answer.</exception>
    public async Task<TierReply> PostAsync(Uri address, ReadOnlyMemory<byte> body, string contentType)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            TimeSpan? retryAfter;
            try
            {
                var reply = await SendAsync(address, body, contentType).ConfigureAwait(false);
                _reached = true;
                // 429 says that the tier is there and takes no more now: however long that lasts, it is no failure.
                var isFull = reply.Status is HttpStatusCode.TooManyRequests;
                _overQuota = isFull && TierAnswer.ReadError(reply.Body.Span) is (QuotaReached, var message) ? message : null;
                if (!IsRefusal(reply) || HasEnded || (!isFull && GivesUp(start)))
                    return reply;
                if (isFull)
                    start = time.GetTimestamp();
                retryAfter = reply.RetryAfter;
            }
            catch (TierException exception) when (!exception.NotSent)
            {
                // What broke was a connection, though nothing was answered.
                _reached = true;
                throw;
            }
            catch (TierException exception)
            {
                if (!_reached || HasEnded || GivesUp(start))
                    throw CliException.NotThere($"the tier at {Address} is not reachable: {exception.Message}{Advice}");
                retryAfter = null;
            }

            await WaitAsync(retryAfter ?? Pause).ConfigureAwait(false);
        }
    }

    /// <summary>Waits before records are sent again that the tier did not take.</summary>
    public Task PauseAsync() => WaitAsync(Pause);

    /// <summary>
    /// Asks the tier what is wrong with it, and returns a sentence; null where nothing is that concerns the stream, or it does not say. The tier speaks of
    /// the records of all its clients, and so it is told that it does. A quota that is used up is nothing that the tier would tell of. Never throws.
    /// </summary>
    public async Task<string?> FindTroubleAsync(string? stream)
    {
        if (_overQuota is { } quota)
            return $"The tier says: {quota}";
        using var limit = new CancellationTokenSource(HealthLimit, time);
        try
        {
            var health = JsonNode.Parse(await _http.GetByteArrayAsync(TierAccess.At(Address, "/health"), limit.Token).ConfigureAwait(false))!.AsObject();
            return TierHealth.Sentence(health, stream) is { } sentence && !TierHealth.IsOfOthers(health, stream) ? $"The tier says: {sentence}" : null;
        }
        catch (HttpRequestException exception)
        {
            return $"The tier at {Address} cannot be asked why: {exception.Message}";
        }
        catch (Exception)
        {
            // Whatever it is, such as an answer of null, or a token's file that is being replaced: the records may be delivered all the same.
            return $"The tier at {Address} does not say why.";
        }
    }

    public void Dispose() => _http.Dispose();

    /// <remarks>An answer without these marks may come from a proxy on the way, which may have passed the request on.</remarks>
    private static bool IsRefusal(TierReply reply) => reply.Status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests
        && (reply.RetryAfter is not null || TierAnswer.ReadError(reply.Body.Span).Code is not null);

    private bool GivesUp(long start) => time.GetElapsedTime(start) > Patience;

    private async Task WaitAsync(TimeSpan pause) =>
        await Task.Delay(TimeSpan.FromTicks(Math.Clamp(pause.Ticks, Pause.Ticks, LongestPause.Ticks)), time, end)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task<TierReply> SendAsync(Uri address, ReadOnlyMemory<byte> body, string contentType)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address);
        request.Content = new ReadOnlyMemoryContent(body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);

        using var limit = new CancellationTokenSource(AnswerLimit, time);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            return await TierReply.ReadAsync(response, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (!limit.IsCancellationRequested)
        {
            throw new TierException(RecordErrorCodes.ConnectionFailed, $"no connection to {Address} within {ConnectLimit.TotalSeconds:0} s", true, exception);
        }
        catch (OperationCanceledException exception)
        {
            throw new TierException(RecordErrorCodes.RequestTimeout, $"no answer from {Address} within {AnswerLimit.TotalMinutes:0} minutes", false, exception);
        }
        catch (HttpRequestException exception)
        {
            var notSent = !TierReply.MayHaveBeenSent(exception);
            var code = notSent ? RecordErrorCodes.ConnectionFailed : RecordErrorCodes.ConnectionLost;
            throw new TierException(code, CallFailure.Describe(exception), notSent, exception);
        }
        catch (IOException exception)
        {
            throw new TierException(RecordErrorCodes.ConnectionLost, exception.Message, false, exception);
        }
    }
}
