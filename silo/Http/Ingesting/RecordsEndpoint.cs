using Microsoft.Extensions.Options;
using Orleans.Kpl.Http.Administering;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Identities.Quotas;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Http.Reading.Keying;
using Orleans.Kpl.Http.Streaming;

namespace Orleans.Kpl.Http.Ingesting;

/// <summary><c>POST /streams/{stream}/records</c>: many records to a stream, or one raw record.</summary>
internal sealed class RecordsEndpoint(
    IKplProducer producer, IngestLedger ledger, BodyReader bodies, StreamGate streams, Acknowledgement levels, StreamedPut streamed,
    ReadingPermits permits, IOptions<KplHttpOptions> options)
{
    public const string Path = $"/streams/{{{StreamParameter}}}/records";

    public const string StreamParameter = "stream";

    public async Task PutAsync(HttpContext context)
    {
        var stream = AdminQueryEndpoints.StreamOf(context);
        var ack = levels.Read(context.Request);
        var isRaw = RawRecord.IsMeant(context.Request.Headers);
        var kind = isRaw ? ContentKind.Other : ContentType.Read(context.Request);
        var key = KeyRule.Read(context.Request);
        var put = Acknowledgement.Of(context, ack, RoutingRule.Read(context.Request, key));
        if (key is not null && kind is not (ContentKind.Json or ContentKind.Lines))
            throw ContentType.Refuse(context.Request, $"{ContentType.Json} or {ContentType.Lines} with ?key=");
        if (!isRaw && key is null)
            RawRecord.CheckUnused(context.Request.Headers);
        streams.Check(stream);
        if (StreamedRequest.IsMeant(context.Request))
        {
            if (isRaw)
                throw RequestRefusedException.BadRequest(HttpErrorCodes.BadRequest, $"{RawRecord.PartitionKeyHeader} is for one record: send none with ?stream=true");
            await streamed.RunAsync(context, new StreamedRequest(
                stream, put, ReferenceEquals(ack, levels.Accepted), StreamedRequest.FormOf(context.Request, kind), key));
            return;
        }
        if (!isRaw && (kind is ContentKind.None or ContentKind.Other))
            throw ContentType.Refuse(context.Request, $"{ContentType.Json}, {ContentType.Lines}, or any body with {RawRecord.PartitionKeyHeader}");

        IReadOnlyList<RecordError> errors;
        EnqueuedBatch? batch;
        bool isOne;
        QuotaCharge? charge = null;
        using (var records = new RecordBuffer(options.Value.MaxRecords))
        using (var body = await bodies.ReadAsync(context.Request))
        {
            Task<EnqueuedBatch>? accepting = null;
            using (await permits.EnterAsync(body.Memory.Length, context.RequestAborted))
            {
                isOne = Read(context.Request, kind, key, body.Memory, records);
                errors = records.Errors;
                if (!records.Records.IsEmpty)
                {
                    charge = QuotaCharge.Take(context, records.Records.Length);
                    streams.Enter(stream, CallerRights.Find(context)?.Id);
                    // Until all are accepted, a client that disconnects cancels them: it would send them again. Accepted ones go on.
                    accepting = producer.EnqueueAsync(stream, records.Records, put, context.RequestAborted).AsTask();
                }
            }

            batch = accepting is null ? null : await accepting;
        }
        if (batch is not null)
        {
            ledger.Note(stream);
            charge?.Settle();
        }

        using (batch)
        {
            if (batch is not null)
                await batch.Delivery;
            var isTold = ToldDetail.IsOf(context, stream);
            if (batch is not null && RefusedStream.Find(batch.Results, isTold) is { } refused)
            {
                streams.Note(stream, refused.Code);
                throw refused;
            }

            // Of many, each result has its own status. A request of one has that of its record.
            var status = isOne && OutcomeAnswer.FailureOf(batch, errors) is { } failure ? failure
                : ReferenceEquals(ack, levels.Accepted) ? StatusCodes.Status202Accepted : StatusCodes.Status200OK;
            await new BatchAnswer(batch, errors, kind, isTold).WriteAsync(context, status);
        }
    }

    /// <summary>Reads the records, and returns whether the request is of one that is in no list.</summary>
    private static bool Read(HttpRequest request, ContentKind kind, KeyRule? key, ReadOnlyMemory<byte> body, RecordBuffer records)
    {
        switch (kind)
        {
            case ContentKind.Json:
                return RecordsReader.ReadArray(body, records, key);
            case ContentKind.Lines:
                RecordsReader.ReadLines(body, records, PayloadForm.JsonText, key);
                return false;
            case ContentKind.Base64Lines:
                RecordsReader.ReadLines(body, records, PayloadForm.Base64);
                return false;
            default:
                RawRecord.Read(request.Headers, body, records);
                return true;
        }
    }
}
