using System.Buffers.Text;
using Orleans.Kpl.Http.Identities;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Answering;

/// <summary>Writes the result of one record of a batch without a serializer, because there are millions of them.</summary>
internal static class ResultWriter
{
    /// <summary>The usual bytes of a delivered record's result, with the sequence numbers of Kinesis.</summary>
    public const int UsualBytes = 224;

    private const int MaxNumber = 11; // maximum characters of an int

    /// <param name="isTold">Whether the caller may read AWS's own messages.</param>
    public static void Write(AnswerBuffer answer, in RecordResult result, bool isTold)
    {
        answer.Write(StatusPrefix(result.Status));
        if (result.Status == RecordStatus.Delivered)
        {
            WriteShard(answer, result);
            answer.Write(",\"sub_sequence_number\":"u8);
            WriteNumber(answer, result.SubSequenceNumber);
        }
        else
        {
            answer.Write("\"shard_id\":null,\"sequence_number\":null,\"sub_sequence_number\":null"u8);
        }
        answer.Write(",\"attempts\":"u8);
        WriteNumber(answer, result.AttemptCount);
        if (result.IsSuccess)
            answer.Write(",\"error_code\":null,\"error_message\":null}"u8);
        else
            WriteError(answer, result.ErrorCode, ToldDetail.Message(isTold, result.ErrorCode, result.ErrorMessage));
    }

    /// <summary>Writes where a delivered record is, as the whole answer to a request of one record.</summary>
    public static void WritePlace(AnswerBuffer answer, in RecordResult result)
    {
        answer.Write("{"u8);
        WriteShard(answer, result);
        answer.Write(",\"attempts\":"u8);
        WriteNumber(answer, result.AttemptCount);
        answer.Write("}"u8);
    }

    public static void Write(AnswerBuffer answer, in RecordError error)
    {
        answer.Write("{\"status\":\"failed\",\"shard_id\":null,\"sequence_number\":null,\"sub_sequence_number\":null,\"attempts\":0"u8);
        WriteError(answer, error.Code, error.Message);
    }

    private static void WriteShard(AnswerBuffer answer, in RecordResult result)
    {
        answer.Write("\"shard_id\":"u8);
        answer.WriteText(result.ShardId);
        answer.Write(",\"sequence_number\":"u8);
        answer.WriteText(result.SequenceNumber);
    }

    private static ReadOnlySpan<byte> StatusPrefix(RecordStatus status) => status switch
    {
        RecordStatus.Delivered => "{\"status\":\"delivered\","u8,
        RecordStatus.Persisted => "{\"status\":\"persisted\","u8,
        RecordStatus.Accepted => "{\"status\":\"accepted\","u8,
        RecordStatus.Failed => "{\"status\":\"failed\","u8,
        RecordStatus.Unknown => "{\"status\":\"unknown\","u8,
        _ => throw new InvalidOperationException($"a result in state {status} was handed out"),
    };

    private static void WriteError(AnswerBuffer answer, string? code, string? message)
    {
        answer.Write(",\"error_code\":"u8);
        answer.WriteText(code);
        answer.Write(",\"error_message\":"u8);
        answer.WriteText(message);
        answer.Write("}"u8);
    }

    private static void WriteNumber(AnswerBuffer answer, int number)
    {
        Utf8Formatter.TryFormat(number, answer.GetSpan(MaxNumber), out var written);
        answer.Advance(written);
    }
}
