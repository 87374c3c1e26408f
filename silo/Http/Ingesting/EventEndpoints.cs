using Microsoft.Extensions.Options;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Ingesting;

/// <summary><c>POST /events</c> and <c>POST /events/confirmed</c>: one record to the default stream.</summary>
internal sealed class EventEndpoints(
    IKplProducer producer, IngestLedger ledger, BodyReader bodies, StreamGate streams, Acknowledgement levels, IOptions<KplHttpOptions> options)
{
    private static readonly byte[] AcceptedBody = [.. "{\"status\":\"accepted\"}"u8];

    /// <summary>Answers with the record's outcome.</summary>
    public async Task PutConfirmedAsync(HttpContext context)
    {
        var enqueued = await EnqueueAsync(context, levels.Delivered);
        var result = await enqueued.Delivery;
        streams.Note(options.Value.DefaultStream, result.ErrorCode);
        await WriteAsync(context, result);
    }

    /// <summary>Answers when the record is in memory; a later failure is in the producer's log.</summary>
    public async Task PutAsync(HttpContext context)
    {
        var enqueued = await EnqueueAsync(context, levels.Accepted);
        var result = await enqueued.Delivery;
        if (!result.IsSuccess)
        {
            await WriteAsync(context, result); // the memory limit was reached, and the mode is Drop
            return;
        }
        var response = context.Response;
        AnswerBuffer.Begin(response, StatusCodes.Status202Accepted, ContentType.Json);
        response.ContentLength = AcceptedBody.Length;
        await response.BodyWriter.WriteAsync(AcceptedBody);
    }

    private Task WriteAsync(HttpContext context, in RecordResult result) =>
        OutcomeAnswer.WriteAsync(context, result, result.IsSuccess || ToldDetail.IsOf(context, options.Value.DefaultStream));

    private async ValueTask<EnqueuedRecord> EnqueueAsync(HttpContext context, PutOptions ack)
    {
        var headers = context.Request.Headers;
        var isRaw = RawRecord.IsMeant(headers);
        if (!isRaw)
            RawRecord.CheckUnused(headers);
        if (!isRaw && ContentType.Read(context.Request) != ContentKind.Json)
            throw ContentType.Refuse(context.Request, $"{ContentType.Json}, or any body with {RawRecord.PartitionKeyHeader}");

        streams.Check(options.Value.DefaultStream); // which is never new
        using var body = await bodies.ReadAsync(context.Request);
        var record = isRaw ? RawRecord.ReadOne(headers, body.Memory) : RecordsReader.ReadOne(body.Memory);
        var charge = QuotaCharge.Take(context, 1);
        // Until the record is accepted, a client that disconnects cancels it: it would send it again. An accepted one goes on.
        var enqueued = await producer.EnqueueAsync(options.Value.DefaultStream, record, Acknowledgement.Of(context, ack), context.RequestAborted);
        charge?.Settle();
        ledger.Note(options.Value.DefaultStream);
        return enqueued;
    }
}
