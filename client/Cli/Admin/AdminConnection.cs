using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Cli.Tier;

namespace Orleans.Kpl.Cli.Admin;

/// <summary>A connection to a tier's <c>/admin</c>. It sends no request twice: no split begins again.</summary>
/// <remarks>Paths are those after <c>/admin/streams/STREAM</c>; one that is of no stream begins with <c>/admin/</c> or <c>/health</c>.</remarks>
/// <param name="option">The option that names another address.</param>
internal sealed class AdminConnection(Uri tier, TierAccess access, string stream, CancellationToken stop, string option = "--tier") : IDisposable
{
    /// <summary>The time limit for an answer, beyond the time that the tier was asked to wait.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(2);

    /// <summary>The time limit for an answer that the command can do without.</summary>
    private static readonly TimeSpan ShortLimit = TimeSpan.FromSeconds(5);

    private const string MayGoOn = "the tier may go on with what it was asked for: 'kpl history' and 'kpl identities' show it";

    private readonly HttpClient _http = access.CreateClient(tier, TierConnection.ConnectLimit);

    /// <summary>The tier's address.</summary>
    public Uri Tier => tier;

    /// <summary>Gets <c>/health</c> or a path below it. An answer that reports a problem is returned like any other.</summary>
    public async Task<byte[]> GetHealthAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, At(path));
        return (await SendAsync(request, AnswerLimit).ConfigureAwait(false)).Body;
    }

    /// <summary>Gets <c>/health</c> as far as the tier tells it soon; null if it does not.</summary>
    public async Task<JsonObject?> TryGetHealthAsync()
    {
        try
        {
            return await TryGetAsync("/health").ConfigureAwait(false) is (_, var body) ? JsonNode.Parse(body) as JsonObject : null;
        }
        catch (JsonException)
        {
            return null; // What answers /health there is no tier.
        }
    }

    /// <summary>Gets a path as far as the tier answers it soon; null if it does not.</summary>
    public async Task<(HttpStatusCode Status, byte[] Body)?> TryGetAsync(string path) => (await AskSoonAsync(path).ConfigureAwait(false)).Answer;

    /// <summary>Gets a path as far as the tier answers it soon; where it does not, or refuses, a sentence says why.</summary>
    public async Task<(byte[]? Answer, string? Trouble)> GetSoonAsync(string path)
    {
        var (answer, trouble) = await AskSoonAsync(path).ConfigureAwait(false);
        if (answer is not var (status, body))
            return (null, trouble);
        return status is HttpStatusCode.OK ? (body, null) : (null, Refused(status, body).Message);
    }

    public Task<byte[]> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null, TimeSpan.Zero, mayBeDone: false);

    /// <summary>Opens an answer without end, such as that of <c>/admin/events</c>.</summary>
    public Task<Stream> OpenAsync(string path, CancellationToken end) => AskAsync(AnswerLimit, async limit =>
    {
        var response = await _http.GetAsync(At(path), HttpCompletionOption.ResponseHeadersRead, limit).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.OK)
            return await response.Content.ReadAsStreamAsync(limit).ConfigureAwait(false);
        using (response)
            throw Refused(response.StatusCode, await response.Content.ReadAsByteArrayAsync(limit).ConfigureAwait(false));
    }, end);

    /// <param name="body">JSON.</param>
    /// <param name="wait">How long the tier may wait for the operation to complete.</param>
    /// <param name="isChange">Whether the tier is asked for a change, and not for a plan alone.</param>
    public Task<byte[]> PostAsync(string path, string body, TimeSpan wait = default, bool isChange = true) =>
        SendAsync(HttpMethod.Post, path, body, wait, mayBeDone: isChange);

    public void Dispose() => _http.Dispose();

    private Uri At(string path) => TierAccess.At(
        tier, path.StartsWith("/admin/", StringComparison.Ordinal) || path.StartsWith("/health", StringComparison.Ordinal)
            ? path : $"/admin/streams/{Uri.EscapeDataString(stream)}{path}");

    private async Task<byte[]> SendAsync(HttpMethod method, string path, string? body, TimeSpan wait, bool mayBeDone)
    {
        var query = wait > TimeSpan.Zero ? $"?wait={wait.TotalSeconds:0.###}" : "";
        using var request = new HttpRequestMessage(method, At(path + query));
        if (body is not null)
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        var (status, answer) = await SendAsync(request, AnswerLimit + wait, mayBeDone).ConfigureAwait(false);
        return status is HttpStatusCode.OK or HttpStatusCode.Accepted ? answer : throw Refused(status, answer);
    }

    /// <summary>Gets a path, whatever the tier answers. Where it does not answer soon, a sentence says why.</summary>
    public async Task<((HttpStatusCode Status, byte[] Body)? Answer, string? Trouble)> AskSoonAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, At(path));
        try
        {
            return (await SendAsync(request, ShortLimit).ConfigureAwait(false), null);
        }
        catch (CliException exception) when (exception.Code is ExitCode.NotThere)
        {
            return (null, exception.Message);
        }
    }

    private async Task<(HttpStatusCode Status, byte[] Body)> SendAsync(HttpRequestMessage request, TimeSpan patience, bool mayBeDone = false)
    {
        try
        {
            return await AskAsync(patience, async limit =>
            {
                using var response = await _http.SendAsync(request, limit).ConfigureAwait(false);
                return (response.StatusCode, await response.Content.ReadAsByteArrayAsync(limit).ConfigureAwait(false));
            }, stop, mayBeDone).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (mayBeDone)
        {
            throw CliException.Failed($"interrupted: {MayGoOn}").As(ExitCode.Interrupted);
        }
    }

    /// <param name="mayBeDone">Whether the tier may do what it was asked for although its answer does not arrive.</param>
    private async Task<T> AskAsync<T>(TimeSpan patience, Func<CancellationToken, Task<T>> ask, CancellationToken end, bool mayBeDone = false)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(end);
        limit.CancelAfter(patience);
        // What the command can do without may be asked of a tier that no option names.
        var advice = patience == ShortLimit ? "" : $"; {option} URL names another";
        try
        {
            var asking = ask(limit.Token);
            // With --wait it is an operation that takes its time, and not the tier.
            return await (patience == AnswerLimit ? WaitNotice.WatchAsync(new(access.Host), access.Host.Time, tier, asking) : asking).ConfigureAwait(false);
        }
        catch (HttpRequestException e) when (TierReply.MayHaveBeenSent(e))
        {
            var lost = $"the connection to {tier} was lost before its answer: {CallFailure.Describe(e)}";
            throw mayBeDone ? CliException.Failed($"{lost}; {MayGoOn}") : CliException.NotThere(lost);
        }
        catch (HttpRequestException e)
        {
            throw CliException.NotThere($"the tier at {tier} is not reachable: {e.Message}{advice}");
        }
        catch (OperationCanceledException) when (!end.IsCancellationRequested)
        {
            if (!limit.IsCancellationRequested)
                throw CliException.NotThere($"no connection to {tier} within {TierConnection.ConnectLimit.TotalSeconds:0} s{advice}");
            var late = $"no answer from {tier} within {patience.TotalSeconds:0} s";
            throw mayBeDone ? CliException.Failed($"{late}; {MayGoOn}") : CliException.NotThere(late);
        }
    }

    private static string AdviceFor(string code) => code switch
    {
        StreamManagerErrorCodes.UnknownShard => " 'kpl shards' shows them, 'kpl history' what was done.",
        StreamManagerErrorCodes.UnknownFailure => " 'kpl explain' alone lists the failures.",
        _ => "",
    };

    private CliException Refused(HttpStatusCode status, byte[] answer)
    {
        var (code, message) = TierAnswer.ReadError(answer);
        var text = code is null ? NoTier.Describe(tier, (int)status, answer) : $"{code}: {message}{AdviceFor(code)}";
        return status switch
        {
            HttpStatusCode.BadRequest => CliException.BadArguments(text),
            // Another try does not help, as with a change that the stream's capacity cannot have.
            HttpStatusCode.Conflict when code is StreamManagerErrorCodes.OnDemand => CliException.BadArguments(text),
            HttpStatusCode.Unauthorized => CliException.BadArguments($"{text} ({TierAccess.KeyVariable}, {TierAccess.TokenVariable})"),
            HttpStatusCode.NotFound or HttpStatusCode.Forbidden => CliException.NotThere(text),
            _ => new CliException(ExitCode.SomeFailed, [text]) { TierCode = code },
        };
    }
}
