using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Commands;

namespace Orleans.Kpl.Cli.Tier;

/// <summary>
/// Puts batches over a tier's HTTP. Records that are JSON are sent as NDJSON. Other records are sent in base64, or one per request to a tier
/// that does not support base64.
/// </summary>
/// <param name="stream">The stream's name or ARN.</param>
/// <param name="places">Whether the outcomes contain shard ids and sequence numbers.</param>
internal sealed class TierTarget(TierConnection connection, string stream, bool places = false) : IBatchTarget
{
    private readonly Uri _address = new(connection.Address, $"{connection.Address.AbsolutePath.TrimEnd('/')}/streams/{Uri.EscapeDataString(stream)}/records?ack=delivered");
    private readonly ConcurrentBag<TierBody> _bodies = [];
    private volatile bool _takesBase64 = true;

    public ValueTask<Task> StartAsync(PutBatch batch) => new(Task.Run(() => SendAsync(batch, 0, batch.Count)));

    public Task<string?> FindTroubleAsync() => connection.FindTroubleAsync();

    public ValueTask DisposeAsync()
    {
        connection.Dispose();
        while (_bodies.TryTake(out var body))
            body.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task SendAsync(PutBatch batch, int start, int count)
    {
        var base64 = !batch.IsJson;
        if (base64 && !_takesBase64)
        {
            await SendEachAsync(batch, start, count).ConfigureAwait(false);
            return;
        }

        var body = _bodies.TryTake(out var used) ? used : new TierBody();
        HttpStatusCode status;
        try
        {
            body.Write(batch, Enumerable.Range(start, count), base64);
            status = await PostAsync(batch.OutcomesOf(start, count), body.Bytes, TypeOf(base64), null).ConfigureAwait(false);
            await SendAgainAsync(batch, start, count, base64, body).ConfigureAwait(false);
        }
        finally
        {
            _bodies.Add(body);
        }

        if (status is HttpStatusCode.UnsupportedMediaType && base64)
        {
            _takesBase64 = false;
            await SendEachAsync(batch, start, count).ConfigureAwait(false);
        }
        else if (status is HttpStatusCode.RequestEntityTooLarge && count > 1)
        {
            await SendAsync(batch, start, count / 2).ConfigureAwait(false);
            await SendAsync(batch, start + (count / 2), count - (count / 2)).ConfigureAwait(false);
        }
    }

    /// <summary>Sends each record as the raw body of a request of its own.</summary>
    private async Task SendEachAsync(PutBatch batch, int start, int count)
    {
        var sending = new Task[count];
        for (var i = 0; i < count; i++)
        {
            var index = start + i;
            var key = batch.KeyOf(index);
            if (batch.HashKeyOf(index) is not null)
            {
                batch.Outcomes[index] = PutOutcome.Failure(RecordErrorCodes.InvalidExplicitHashKey, "this tier takes raw records only, and no explicit hash keys with them");
                sending[i] = Task.CompletedTask;
            }
            else if (IsHeaderValue(key))
                sending[i] = PostAsync(batch.OutcomesOf(index, 1), batch.DataOf(index), "application/octet-stream", key);
            else
            {
                batch.Outcomes[index] = PutOutcome.Failure(
                    RecordErrorCodes.InvalidPartitionKey, "this tier takes raw records only, and the partition key does not fit an HTTP header");
                sending[i] = Task.CompletedTask;
            }
        }

        await Task.WhenAll(sending).ConfigureAwait(false);
    }

    /// <summary>
    /// Sends records again that the tier did not take because their shards are full, for as long as they are: back-pressure is no failure.
    /// </summary>
    private async Task SendAgainAsync(PutBatch batch, int start, int count, bool base64, TierBody body)
    {
        var left = Enumerable.Range(start, count).Where(i => batch.Outcomes[i].NotTaken).ToArray();
        while (left.Length > 0)
        {
            await connection.PauseAsync().ConfigureAwait(false);
            body.Write(batch, left, base64);
            var outcomes = new PutOutcome[left.Length];
            try
            {
                await PostAsync(outcomes, body.Bytes, TypeOf(base64), null).ConfigureAwait(false);
            }
            finally
            {
                for (var i = 0; i < left.Length; i++)
                    batch.Outcomes[left[i]] = outcomes[i];
            }

            left = [.. left.Where(i => batch.Outcomes[i].NotTaken)];
        }
    }

    private static string TypeOf(bool base64) => base64 ? TierBody.Base64Lines : TierBody.JsonLines;

    private async Task<HttpStatusCode> PostAsync(Memory<PutOutcome> outcomes, ReadOnlyMemory<byte> body, string contentType, string? key)
    {
        TierReply reply;
        try
        {
            reply = await connection.PostAsync(_address, body, contentType, key).ConfigureAwait(false);
        }
        catch (TierException exception)
        {
            outcomes.Span.Fill(PutOutcome.Failure(exception.Code, $"{exception.Message}; the record may have been delivered"));
            return default;
        }
        catch (CliException exception)
        {
            outcomes.Span.Fill(PutOutcome.Failure(RecordErrorCodes.ConnectionFailed, exception.Message));
            throw;
        }

        using (reply)
        {
            Judge(reply, outcomes.Span);
            return reply.Status;
        }
    }

    private void Judge(TierReply reply, Span<PutOutcome> outcomes)
    {
        if (reply.Status is HttpStatusCode.OK or HttpStatusCode.Accepted)
        {
            ReadResults(reply.Body, outcomes);
            return;
        }

        var (code, message) = TierAnswer.ReadError(reply.Body);
        outcomes.Fill(PutOutcome.Failure(code ?? $"Http{(int)reply.Status}", message ?? $"the tier answered {(int)reply.Status} {reply.Status}"));
        if (reply.Status is HttpStatusCode.Unauthorized)
            throw CliException.BadArguments($"{connection.Address} does not know who asks: {message ?? "401"} ({TierAccess.KeyVariable}, {TierAccess.TokenVariable})");
        if (reply.Status is HttpStatusCode.Forbidden)
            throw CliException.NotThere($"{connection.Address} refuses: {message ?? "403"}");
        if (reply.Status is HttpStatusCode.NotFound)
        {
            throw CliException.NotThere(code is null
                ? NoTier.Describe(connection.Address, 404, reply.Body)
                : $"the stream does not exist at the tier {connection.Address}: {message}");
        }
    }

    private void ReadResults(ReadOnlySpan<byte> body, Span<PutOutcome> outcomes)
    {
        try
        {
            var results = TierAnswer.Read(body, outcomes, places);
            if (results != outcomes.Length)
                outcomes.Fill(PutOutcome.Failure(RecordErrorCodes.RecordCountMismatch, $"the tier answered {results} results for {outcomes.Length} records"));
        }
        catch (JsonException)
        {
            outcomes.Fill(PutOutcome.Failure("InvalidAnswer", "the tier's answer is no list of results"));
        }
    }

    private static bool IsHeaderValue(string key) =>
        key.Length == key.Trim().Length && !key.AsSpan().ContainsAnyInRange('\0', '\u001f') && !key.Contains('\u007f');
}
