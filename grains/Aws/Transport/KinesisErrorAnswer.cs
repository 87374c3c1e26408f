using System.Formats.Cbor;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Aws.Wire.Cbor;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Transport;

/// <summary>
/// Reads the error in an answer other than 200. Kinesis answers in JSON or CBOR with a type and a message. Proxies and load balancers on the
/// way answer in HTML, XML or with no body: those errors get a code such as <c>HTTP 503</c> and the start of the text.
/// </summary>
internal static class KinesisErrorAnswer
{
    private const int LongestText = 200;

    public static KinesisException ToException(KinesisOperation operation, Answer answer)
    {
        var status = (int)answer.Status;
        var (type, message) = CborParts.IsCbor(answer.Body) ? ReadCbor(answer.Memory) : ReadJson(answer.Body);
        var code = Shorten(answer.ErrorType) ?? Shorten(type) ?? string.Create(CultureInfo.InvariantCulture, $"HTTP {status}");
        message ??= type is null && answer.ErrorType is null ? ReadText(answer) : "";
        if (message.Length == 0)
            message = $"{operation.Name} was answered with HTTP {status.ToString(CultureInfo.InvariantCulture)} and no message.";

        // A gateway that gave up waiting does not know the outcome of the request that it passed on.
        var isGatewayTimeout = answer.Status == HttpStatusCode.GatewayTimeout && type is null && answer.ErrorType is null;
        return new KinesisException(isGatewayTimeout ? KinesisFailureKind.Ambiguous : KinesisFailureKind.Refused, code, message, status);
    }

    /// <summary>Reduces a type such as <c>com.amazonaws.kinesis.v20131202#LimitExceededException</c>, or one followed by a URL, to its name.</summary>
    private static string? Shorten(string? type)
    {
        if (string.IsNullOrWhiteSpace(type))
            return null;
        var prefix = type.LastIndexOf('#');
        var name = type.AsSpan(prefix + 1);
        var end = name.IndexOf(':');
        name = (end < 0 ? name : name[..end]).Trim();
        return name.IsEmpty ? null : name.ToString();
    }

    private static (string? Type, string? Message) ReadJson(ReadOnlySpan<byte> body)
    {
        string? type = null, message = null;
        try
        {
            var json = new Utf8JsonReader(body);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return default;
            while (json.NextMember())
            {
                if (json.IsMember("__type"u8))
                    type = json.ReadString();
                else if (json.IsMember("message"u8) || json.IsMember("Message"u8))
                    message = json.GetString();
                else
                    json.SkipMember();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The body is not JSON, or JSON of another shape: the members read so far still count.
        }

        return (type, message);
    }

    private static (string? Type, string? Message) ReadCbor(ReadOnlyMemory<byte> body)
    {
        string? type = null, message = null;
        try
        {
            var cbor = new CborReader(body, CborConformanceMode.Lax);
            CborParts.ReadStartMap(cbor);
            while (CborParts.NextMember(cbor, out var name))
            {
                if (name.SequenceEqual("__type"u8))
                    type = CborParts.ReadTextOrNull(cbor);
                else if (name.SequenceEqual("message"u8) || name.SequenceEqual("Message"u8))
                    message = CborParts.ReadTextOrNull(cbor);
                else
                    CborParts.Skip(cbor);
            }
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException or OverflowException or ArgumentException)
        {
            // As with JSON.
        }

        return (type, message);
    }

    /// <summary>Reads the start of a text answer without its tags; describes any other answer by type and size.</summary>
    private static string ReadText(Answer answer)
    {
        if (answer.Body.IsEmpty)
            return "";
        if (answer.MediaType is { } type && !type.StartsWith("text/", StringComparison.Ordinal) && !type.Contains("xml", StringComparison.Ordinal)
            && !type.Contains("json", StringComparison.Ordinal))
            return $"An answer of {answer.Body.Length} bytes of {type}.";

        var start = Encoding.UTF8.GetString(answer.Body[..Math.Min(answer.Body.Length, 20 * LongestText)]);
        var text = new StringBuilder(LongestText);
        var inTag = false;
        foreach (var c in start)
        {
            if (text.Length >= LongestText && !char.IsLowSurrogate(c)) // a pair stays whole
                return text.Append('…').ToString();
            if (c is '<' or '>')
                inTag = c == '<';
            else if (inTag)
                continue;
            else if (!char.IsWhiteSpace(c) && !char.IsControl(c))
                text.Append(c);
            if ((c == '>' || char.IsWhiteSpace(c)) && text.Length > 0 && text[^1] != ' ')
                text.Append(' ');
        }

        return text.ToString().TrimEnd();
    }
}

/// <summary>
/// Decides whether an answer to a request in CBOR may mean that the endpoint does not accept CBOR. Only answers which also show that nothing
/// was applied count: the same request is then sent again in JSON. An endpoint that accepts the JSON is taken to refuse CBOR.
/// </summary>
internal static class CborRefusal
{
    /// <summary>
    /// Statuses with which a front end, not the service, refuses a request: the answer has no error type. Bad request, forbidden (firewalls that
    /// do not know a media type), not found, method not allowed, not acceptable, unsupported media type, not implemented. A front end sends none
    /// of them after it has passed the request on.
    /// </summary>
    private static readonly int[] Statuses = [400, 403, 404, 405, 406, 415, 501];

    public static bool IsOne(KinesisException error) =>
        error.Kind == KinesisFailureKind.Refused
        && (error.Code is "SerializationException" or "UnknownOperationException" or "UnsupportedMediaTypeException" 
            || Statuses.Contains(error.HttpStatus) && IsUntyped(error));

    /// <summary>
    /// Whether CBOR may be why a call failed, though the answer does not show that nothing was applied: moto, for one, fails to read it and answers so.
    /// </summary>
    public static bool MayBeWhy(KinesisException error) => error.HttpStatus == 500 && IsUntyped(error);

    /// <summary>Returns the failure with the setting that avoids it.</summary>
    public static KinesisException Explain(KinesisException error) => new(
        error.Kind, error.Code, $"{error.Message.TrimEnd('.')}. The records were sent as CBOR: if this endpoint knows JSON alone, set WireFormat=Json.",
        error.HttpStatus, error);

    private static bool IsUntyped(KinesisException error) =>
        error.Code == string.Create(CultureInfo.InvariantCulture, $"HTTP {error.HttpStatus}");
}
