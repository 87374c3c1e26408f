using System.Text.Json;
using Orleans.Kpl.Cli.Batches;

namespace Orleans.Kpl.Cli.Tier;

/// <summary>Reads a tier's answers: results in an array or one per line, and the error of a whole request.</summary>
internal static class TierAnswer
{
    private static readonly JsonReaderOptions Options = new() { AllowMultipleValues = true };

    /// <summary>Sets the outcomes from the results, in order, and returns the number of results.</summary>
    /// <param name="body">A JSON array of results, or one result per line.</param>
    /// <param name="outcomes">The outcomes to set, one for each record that was sent.</param>
    /// <param name="places">Whether shard ids and sequence numbers are read too.</param>
    /// <exception cref="JsonException">The body is something else, as in each case of <see cref="IsNone"/>.</exception>
    public static int Read(ReadOnlySpan<byte> body, Span<PutOutcome> outcomes, bool places)
    {
        var reader = new Utf8JsonReader(body, Options);
        var last = default(PutOutcome);
        var count = 0;
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.EndArray)
                continue;
            if (reader.TokenType is not JsonTokenType.StartObject)
                throw new JsonException("a result is not a JSON object");

            last = ReadResult(ref reader, last, places);
            if (count < outcomes.Length)
                outcomes[count] = last;
            count++;
        }

        return count;
    }

    /// <summary>Reads <c>{"error_code","error_message"}</c>; nulls if the body is something else.</summary>
    public static (string? Code, string? Message) ReadError(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject)
                return default;
            var error = ReadResult(ref reader, default, places: false);
            return (error.ErrorCode, error.ErrorMessage);
        }
        catch (Exception e) when (IsNone(e))
        {
            return default; // The body is a proxy's page, not a tier's answer.
        }
    }

    /// <summary>Whether the answer that was read is no tier's: no JSON, or with members of other kinds, such as a status that is a number.</summary>
    public static bool IsNone(Exception e) => e is JsonException or InvalidOperationException;

    /// <remarks>The members of an aggregate share shard and sequence number, so the same strings are reused.</remarks>
    private static PutOutcome ReadResult(ref Utf8JsonReader reader, PutOutcome last, bool places)
    {
        var result = default(PutOutcome);
        var isUntried = false;
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("status"u8))
            {
                reader.Read();
                result = result with { Delivered = reader.ValueTextEquals("delivered"u8), Persisted = reader.ValueTextEquals("persisted"u8) };
            }
            else if (reader.ValueTextEquals("attempts"u8))
            {
                reader.Read();
                isUntried = reader.TokenType is JsonTokenType.Number && reader.ValueSpan is [(byte)'0'];
                reader.Skip();
            }
            else if (places && reader.ValueTextEquals("shard_id"u8))
                result = result with { ShardId = ReadText(ref reader, last.ShardId) };
            else if (places && reader.ValueTextEquals("sequence_number"u8))
                result = result with { SequenceNumber = ReadText(ref reader, last.SequenceNumber) };
            else if (reader.ValueTextEquals("error_code"u8))
                result = result with { ErrorCode = ReadText(ref reader, last.ErrorCode) };
            else if (reader.ValueTextEquals("error_message"u8))
                result = result with { ErrorMessage = ReadText(ref reader, last.ErrorMessage) };
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return isUntried && result.ErrorCode == RecordErrorCodes.Throttled ? result with { NotTaken = true } : result;
    }

    private static string? ReadText(ref Utf8JsonReader reader, string? last)
    {
        reader.Read();
        if (reader.TokenType is not JsonTokenType.String)
        {
            reader.Skip();
            return null;
        }

        return last is not null && reader.ValueTextEquals(last) ? last : reader.GetString();
    }
}

/// <summary>Says of what answers at a tier's address, and is no tier, what it is instead.</summary>
internal static class NoTier
{
    /// <summary>Whether a Kinesis endpoint gave the answer.</summary>
    public static bool IsKinesis(ReadOnlySpan<byte> body) => body.IndexOf("UnknownOperationException"u8) >= 0;

    public static string Describe(object who, int status, ReadOnlySpan<byte> body) => IsKinesis(body)
        ? $"{who} is a Kinesis endpoint, and no tier: --endpoint names one to the verbs that go there themselves, such as 'put', 'tail' and 'bench'"
        : $"{who} answers, but not as a tier: {status}";

    /// <summary>Says of a redirect to another server, such as from http to https, where it leads; null for any other answer.</summary>
    public static string? DescribeRedirect(HttpResponseMessage response)
    {
        var uri = response.RequestMessage!.RequestUri!;
        if ((int)response.StatusCode is < 300 or >= 400 || response.Headers.Location is not { } location || !Uri.TryCreate(uri, location, out var there))
            return null;
        var (asked, other) = (uri.GetLeftPart(UriPartial.Authority), there.GetLeftPart(UriPartial.Authority));
        return other == asked ? null : $"{asked} only leads to {other}: name that address";
    }
}
