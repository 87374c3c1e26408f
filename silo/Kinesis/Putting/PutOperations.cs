using Orleans.Kpl.Aggregation.Buffers;
using Orleans.Kpl.Http;
using Orleans.Kpl.Http.Ingesting;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Kinesis.Serving;
using Orleans.Kpl.Kinesis.Settings;
using Orleans.Kpl.Kinesis.Wire;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Names;
using Orleans.Kpl.Pipeline.Settings;

namespace Orleans.Kpl.Kinesis.Putting;

/// <summary>PutRecord and PutRecords: check everything, accept everything, wait for every outcome, answer.</summary>
internal sealed class PutOperations(
    IKplProducer producer, IngestLedger ledger, StreamGate streams, RecordSizes sizes, KinesisFrontOptions front, StreamNameResolver names,
    Func<string, StreamOptions> settingsOf, ReadingPermits permits)
{
    private const int SoonDistance = 8; // records
    private const int OutcomeBytes = 48;

    // A sequence number of Kinesis has 56 digits.
    private const int NumberBytes = 120;

    /// <summary>How long a put into an ordered stream waits for room at most: it holds up those of other shards, and the client puts again.</summary>
    private static readonly TimeSpan LongestOrderedWait = TimeSpan.FromMilliseconds(250);

    private readonly PutOptions _alone = OptionsFor(front, isAlone: true);
    private readonly PutOptions _together = OptionsFor(front, isAlone: false);

    public async Task PutRecordAsync(HttpContext context, ReceivedBody body, FrontWriter answer)
    {
        var (stream, batch) = await PutAsync(context, body, isSingle: true, answer is CborFrontWriter);
        using var ended = batch;
        await batch.Delivery;
        var result = batch.Results[0];
        streams.Note(stream, result.ErrorCode);
        if (!result.IsSuccess)
        {
            sizes.Note(stream, batch.Results);
            throw EntryOutcome.OfSingle(result, stream);
        }

        answer.ResultEntry(result);
    }

    public async Task PutRecordsAsync(HttpContext context, ReceivedBody body, FrontWriter answer)
    {
        var (stream, batch) = await PutAsync(context, body, isSingle: false, answer is CborFrontWriter);
        using var ended = batch;
        await batch.Delivery;
        streams.Note(stream, batch.Results[0].ErrorCode);
        Write(answer, batch.Results, stream);
    }

    private void Write(FrontWriter answer, ReadOnlySpan<RecordResult> results, string stream)
    {
        var failed = CountFailed(results);
        if (failed > 0)
            sizes.Note(stream, results);
        if (failed == results.Length && EntryOutcome.OfRequest(results, stream) is { } refused)
            throw refused;
        answer.StartObject();
        answer.Name("FailedRecordCount");
        answer.Number(failed);
        answer.Name("Records");
        if (failed == 0)
            answer.ResultEntries(results);
        else
            WriteSome(answer, results, stream);
        answer.EndObject();
    }

    /// <summary>Counts the records that were not taken, and has the outcomes of all come into the caches before the answer is written.</summary>
    private static int CountFailed(ReadOnlySpan<RecordResult> results)
    {
        var failed = 0;
        for (var i = 0; i < results.Length; i++)
        {
            // Records that travel alone have an outcome each. Those of thousands of others were made since, so that they are out of the caches.
            if (i + SoonDistance < results.Length && results[i + SoonDistance].Outcome is { } next)
                Prefetch.Soon(next, OutcomeBytes);
            if (results[i].SequenceNumber is { } number)
                Prefetch.Soon(number, NumberBytes);
            failed += results[i].IsSuccess ? 0 : 1;
        }

        return failed;
    }

    private static void WriteSome(FrontWriter answer, ReadOnlySpan<RecordResult> results, string stream)
    {
        answer.StartArray();
        foreach (ref readonly var result in results)
        {
            if (result.IsSuccess)
            {
                answer.ResultEntry(result);
                continue;
            }

            var code = EntryOutcome.CodeOf(result);
            answer.StartObject();
            answer.Text("ErrorCode", code);
            answer.Text("ErrorMessage", code == FrontErrors.Throughput ? FrontErrors.NoRoom(stream).Message : FrontErrors.InternalMessage);
            answer.EndObject();
        }

        answer.EndArray();
    }

    private async ValueTask<(string Stream, EnqueuedBatch Batch)> PutAsync(HttpContext context, ReceivedBody body, bool isSingle, bool isCbor)
    {
        var rights = FrontRights.Of(context);
        var operation = isSingle ? "PutRecord" : "PutRecords";
        rights.RequireProduce(operation);
        var charge = rights.Enter(body.Memory.Length);
        using var call = new PutCall();
        using (await permits.EnterAsync(body.Memory.Length, context.RequestAborted))
        {
            if (isCbor)
                PutCbor.Read(body.Memory, isSingle, call);
            else
                PutJson.Read(body.Memory, isSingle, call);
            PutRules.Check(call, isSingle);
        }

        var stream = StreamReference.Of(call.StreamName, call.StreamArn);
        rights.RequireProduce(operation, stream);
        Check(stream, rights.Caller);
        if (names.Find(stream) is null)
            await AwaitNameAsync(stream, context.RequestAborted);
        var settings = settingsOf(stream);
        if (call.SequenceNumberForOrdering is not null && isSingle && settings.Ordered == OrderedMode.Off)
            throw FrontErrors.InvalidArgument(
                $"SequenceNumberForOrdering is not taken for stream {stream}: this tier does not keep its order (Kpl:Streams:{StreamReference.NameOf(stream)}:Ordered).");
        var most = Math.Min(await sizes.MostOfAsync(stream, call, settings.WrapBytes, rights.Caller, context.RequestAborted), settings.MaxUserRecordSize);
        var records = PutRules.ToRecords(call, stream, most);
        var put = Acknowledgement.Of(context, settings.FrontAggregate ? _together : _alone);
        if (settings.Ordered != OrderedMode.Off && put.AcceptTimeout > LongestOrderedWait)
            put = put with { AcceptTimeout = LongestOrderedWait };
        if (charge?.TryTake(records.Length) is not null)
            throw FrontErrors.OverQuota();
        var batch = await AcceptAsync(stream, records, put, context.RequestAborted);
        charge?.Settle();
        // The producer has copied the data, and the outcomes may take a while.
        body.Dispose();
        // A stream that clients put to by its name and by its ARN counts once.
        ledger.Note(names.Find(stream) ?? stream);
        return (stream, batch);
    }

    /// <summary>Refuses streams that records are not taken for, or that are missing, before the producer sets anything up for them.</summary>
    private void Check(string stream, string? identity)
    {
        try
        {
            streams.Check(stream);
            streams.Enter(stream, identity);
        }
        catch (RequestRefusedException refused)
        {
            throw refused.StatusCode switch
            {
                StatusCodes.Status404NotFound => FrontErrors.NotFound(stream),
                StatusCodes.Status429TooManyRequests => FrontErrors.NoRoom(stream),
                _ => FrontErrors.AccessDenied(refused.Message),
            };
        }
    }

    /// <summary>Waits until it is known whose stream an ARN names: another account's may have the name of one of ours, and has none of its settings.</summary>
    private async ValueTask AwaitNameAsync(string stream, CancellationToken aborted)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        limit.CancelAfter(front.AnswerWithin);
        try
        {
            await names.CanonicalAsync(stream, limit.Token);
        }
        catch (KinesisException)
        {
            // The put ends with it.
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            throw FrontErrors.NoRoom(stream);
        }
    }

    /// <summary>Waits for room as long as an answer may take. Until then a client that hangs up takes its records along.</summary>
    private async ValueTask<EnqueuedBatch> AcceptAsync(
        string stream, ReadOnlyMemory<UserRecord> records, PutOptions put, CancellationToken aborted)
    {
        try
        {
            return await producer.EnqueueAsync(stream, records, put, aborted);
        }
        catch (AcceptTimeoutException)
        {
            throw FrontErrors.NoRoom(stream);
        }
        catch (RecordValidationException invalid)
        {
            throw FrontErrors.InvalidArgument(invalid.Message);
        }
    }

    private static PutOptions OptionsFor(KinesisFrontOptions front, bool isAlone) => new()
    {
        Alone = isAlone,
        Identity = Acknowledgement.Anybody,
        AckLevel = front.Ack,
        NeverSpills = true,
        TimeToLive = front.AnswerWithin,
        AcceptTimeout = front.AnswerWithin,
    };
}
