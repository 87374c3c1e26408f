using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Orleans.Kpl;

/// <summary>A record to put: data under a partition key, with an optional explicit hash key.</summary>
/// <remarks>
/// A producer copies key and data before <c>EnqueueAsync</c> completes; afterwards the caller may reuse the memory. The memory of a record in an
/// asynchronous sequence must stay as it is until the record's result. A refused record in a <see cref="RecordResult"/> has the caller's memory, or a copy
/// of it.
/// </remarks>
public readonly struct UserRecord
{
    /// <summary>Without a byte order mark. Half a surrogate pair is an error: as a question mark it would arrive as another text.</summary>
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Creates a record. The constructor checks nothing; the producer checks the record when it is put.</summary>
    /// <param name="partitionKey">1 to 256 UTF-16 code units (KPL <c>KinesisProducer.addUserRecord</c>). An unpaired surrogate in it arrives as U+FFFD.</param>
    /// <param name="data">The payload. Key (as UTF-8) and data together must fit the stream's own record limit.</param>
    /// <param name="explicitHashKey">Replaces the MD5 of the partition key when the shard is chosen; 0 to 2^128 − 1.</param>
    public UserRecord(string partitionKey, ReadOnlyMemory<byte> data, UInt128? explicitHashKey = null)
    {
        PartitionKey = partitionKey;
        Data = data;
        ExplicitHashKey = explicitHashKey;
    }

    /// <summary>Creates a record whose data is a text in UTF-8, without a byte order mark.</summary>
    /// <param name="partitionKey">1 to 256 UTF-16 code units; checked when the record is put.</param>
    /// <param name="text">The text; may be empty.</param>
    /// <param name="explicitHashKey">Replaces the MD5 of the partition key when the shard is chosen; 0 to 2^128 − 1.</param>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    /// <exception cref="EncoderFallbackException">The text has an unpaired surrogate, which UTF-8 cannot express.</exception>
    public static UserRecord FromText(string partitionKey, string text, UInt128? explicitHashKey = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new UserRecord(partitionKey, Utf8.GetBytes(text), explicitHashKey);
    }

    /// <summary>Creates a record whose data is a value as JSON, in UTF-8. Works with trimming and native AOT.</summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="partitionKey">1 to 256 UTF-16 code units; checked when the record is put.</param>
    /// <param name="value">The value; null is written as <c>null</c>.</param>
    /// <param name="jsonTypeInfo">
    /// How the type is written, such as <c>AppJson.Default.Order</c> of a <c>JsonSerializerContext</c>. Its options apply too.
    /// </param>
    /// <param name="explicitHashKey">Replaces the MD5 of the partition key when the shard is chosen; 0 to 2^128 − 1.</param>
    /// <exception cref="ArgumentNullException"><paramref name="jsonTypeInfo"/> is null.</exception>
    /// <exception cref="JsonException">The value cannot be written, for example because of a reference cycle.</exception>
    public static UserRecord FromJson<T>(string partitionKey, T value, JsonTypeInfo<T> jsonTypeInfo, UInt128? explicitHashKey = null)
    {
        ArgumentNullException.ThrowIfNull(jsonTypeInfo);
        return new UserRecord(partitionKey, JsonSerializer.SerializeToUtf8Bytes(value, jsonTypeInfo), explicitHashKey);
    }

    /// <summary>The partition key, 1 to 256 UTF-16 code units.</summary>
    public string PartitionKey { get; }

    /// <summary>The payload; may be empty.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>The explicit hash key, or null for the MD5 of the partition key.</summary>
    public UInt128? ExplicitHashKey { get; }
}

/// <summary>Thrown for a record that Kinesis could never accept, and for a stream that is neither a name nor an ARN. No record was accepted.</summary>
public sealed class RecordValidationException : ArgumentException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">One of <see cref="RecordErrorCodes"/>.</param>
    /// <param name="message">Describes the problem, with the value's size and the limit.</param>
    public RecordValidationException(string code, string message)
        : base(message) => Code = code;

    /// <summary>One of <see cref="RecordErrorCodes"/>.</summary>
    public string Code { get; }
}
