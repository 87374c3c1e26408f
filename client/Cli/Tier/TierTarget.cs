using System.Collections.Concurrent;
using System.Net;
using Orleans.Kpl.Cli.Batches;
using Orleans.Kpl.Cli.Commands;

namespace Orleans.Kpl.Cli.Tier;

/// <summary>Puts batches over a tier's HTTP. Records that are JSON are sent as NDJSON, others in base64.</summary>
/// <param name="stream">The stream's name or ARN.</param>
/// <param name="places">Whether the outcomes contain shard ids and sequence numbers.</param>
/// <param name="ack">When records count as done: delivered or persisted.</param>
/// <param name="routing">How records find their shards; null for what the stream's settings say.</param>
internal sealed class TierTarget(
    TierConnection connection, string stream, bool places = false, AckLevel ack = AckLevel.Delivered, RoutingMode? routing = null) : IBatchTarget
{
    private readonly Uri _address = TierAccess.At(
        connection.Address,
        $"/streams/{Uri.EscapeDataString(stream)}/records?ack={(ack is AckLevel.Persisted ? "persisted" : "delivered")}{(routing is RoutingMode.Even ? "&routing=even" : "")}");

    private readonly ConcurrentBag<TierBody> _bodies = [];

    public ValueTask<Task> StartAsync(PutBatch batch) => new(Task.Run(() => SendAsync(batch, 0, batch.Count)));

    public Task<string?> FindTroubleAsync() => connection.FindTroubleAsync(stream);

    public ValueTask DisposeAsync()
    {
        connection.Dispose();
        while (_bodies.TryTake(out var body))
            body.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task SendAsync(PutBatch batch, int start, int count)
    {
        var body = _bodies.TryTake(out var used) ? used : new TierBody();
        HttpStatusCode status;
        try
        {
            body.Write(batch, Enumerable.Range(start, count));
            status = await PostAsync(batch.OutcomesOf(start, count), body).ConfigureAwait(false);
            await SendAgainAsync(batch, start, count, body).ConfigureAwait(false);
        }
        finally
        {
            _bodies.Add(body);
        }

        if (status is HttpStatusCode.RequestEntityTooLarge && count > 1)
        {
            try
            {
                await SendAsync(batch, start, count / 2).ConfigureAwait(false);
            }
            finally
            {
                await SendAsync(batch, start + (count / 2), count - (count / 2)).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Sends records again that the tier did not take because their shards are full, for as long as they are: back-pressure is no failure.
    /// </summary>
    private async Task SendAgainAsync(PutBatch batch, int start, int count, TierBody body)
    {
        var left = Enumerable.Range(start, count).Where(i => batch.Outcomes[i].NotTaken).ToArray();
        while (left.Length > 0 && !connection.HasEnded)
        {
            await connection.PauseAsync().ConfigureAwait(false);
            body.Write(batch, left);
            var outcomes = new PutOutcome[left.Length];
            try
            {
                await PostAsync(outcomes, body).ConfigureAwait(false);
            }
            finally
            {
                for (var i = 0; i < left.Length; i++)
                    batch.Outcomes[left[i]] = outcomes[i];
            }

            left = [.. left.Where(i => batch.Outcomes[i].NotTaken)];
        }
    }

    private async Task<HttpStatusCode> PostAsync(Memory<PutOutcome> outcomes, TierBody body)
    {
        TierReply reply;
        try
        {
            reply = await connection.PostAsync(_address, body.Bytes, body.ContentType).ConfigureAwait(false);
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

        Judge(reply, outcomes.Span);
        return reply.Status;
    }

    private void Judge(TierReply reply, Span<PutOutcome> outcomes)
    {
        if (reply.Status is HttpStatusCode.OK or HttpStatusCode.Accepted)
        {
            ReadResults(reply.Body.Span, outcomes);
            return;
        }

        var (code, message) = TierAnswer.ReadError(reply.Body.Span);
        // A record that goes alone cannot be made smaller.
        if (reply.Status is HttpStatusCode.RequestEntityTooLarge && outcomes.Length == 1)
            code = RecordErrorCodes.RecordTooLarge;
        var failure = PutOutcome.Failure(code ?? $"Http{(int)reply.Status}", message ?? $"the tier answered {(int)reply.Status} {reply.Status}");
        outcomes.Fill(failure with { IsDenied = reply.Status is HttpStatusCode.Forbidden });
        if (reply.Status is HttpStatusCode.Unauthorized)
            throw CliException.BadArguments($"{connection.Address} does not know who asks: {message ?? "401"} ({TierAccess.KeyVariable}, {TierAccess.TokenVariable})");
        if (code is RecordErrorCodes.NotSupported)
            throw CliException.BadArguments($"the tier {connection.Address} cannot do that: {message}");
        if (reply.Status is HttpStatusCode.Forbidden)
            throw CliException.NotThere($"{connection.Address} refuses: {message ?? "403"}");
        if (reply.Status is HttpStatusCode.NotFound)
        {
            throw CliException.NotThere(code is null
                ? NoTier.Describe(connection.Address, 404, reply.Body.Span)
                : code is RecordErrorCodes.ResourceNotFound ? $"the stream does not exist at the tier {connection.Address}: {message}"
                : $"{connection.Address} takes no records: {message}");
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
        catch (Exception e) when (TierAnswer.IsNone(e))
        {
            outcomes.Fill(PutOutcome.Failure(RecordErrorCodes.InvalidAnswer, "the tier's answer is no list of results"));
        }
    }
}
