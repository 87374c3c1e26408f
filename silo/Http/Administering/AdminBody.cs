using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Reading;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Http.Administering;

/// <summary>Bodies of admin requests and answers.</summary>
internal static class AdminBody
{
    private const long MostBytes = 64 << 10;

    /// <exception cref="RequestRefusedException">The body is not JSON, or a different object.</exception>
    public static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
    {
        // A page of another site may send anything else without being asked for it first.
        if (ContentType.Read(context.Request) != ContentKind.Json)
            throw ContentType.Refuse(context.Request, ContentType.Json);
        using var body = await ReadAsync(context);
        AuditTrail.NoteBody(context, body.Memory.Span);
        try
        {
            return JsonSerializer.Deserialize(body.Memory.Span, type) ?? throw new JsonException("an object is expected, not null");
        }
        catch (JsonException e)
        {
            var (code, message) = BodyErrors.Describe(e, body.Memory.Span, type);
            throw new RequestRefusedException(StatusCodes.Status400BadRequest, code, message);
        }
    }

    private static async ValueTask<ReceivedBody> ReadAsync(HttpContext context)
    {
        try
        {
            return await context.RequestServices.GetRequiredService<BodyReader>().ReadAsync(context.Request, MostBytes);
        }
        catch (RequestRefusedException refused) when (refused.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw RequestRefusedException.TooLarge(string.Create(CultureInfo.InvariantCulture, $"a body of administration has at most {MostBytes} bytes"));
        }
    }

    public static async Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        using var answer = new AnswerBuffer();
        using (var json = new Utf8JsonWriter(answer, AnswerBuffer.Json))
            write(json);
        await answer.SendAsync(context.Response, status, ContentType.Json);
    }

    public static Task WriteAsync(HttpContext context, JsonObject told, int status = StatusCodes.Status200OK) =>
        WriteAsync(context, status, json => told.WriteTo(json));

    /// <summary>Answers 200 with what is asked.</summary>
    /// <param name="type">How it is written. It is asked for with the first answer: to describe all types took a twelfth of a process's start.</param>
    public static RequestDelegate Answer<T>(Func<AdminJson, JsonTypeInfo<T>> type, Func<string, HttpContext, Task<T>> ask) => async context =>
        await WriteAsync(context, StatusCodes.Status200OK, await ask(AdminQueryEndpoints.StreamOf(context), context), type(AdminJson.Default));

    public static Task WriteAsync<T>(HttpContext context, int status, T value, JsonTypeInfo<T> type) =>
        WriteAsync(context, status, json => JsonSerializer.Serialize(json, value, type));
}

/// <summary>
/// Says what is wrong with a body of administration, in terms of its members: the serializer speaks of types of .NET. Only what is no JSON, or no object,
/// is malformed.
/// </summary>
internal static class BodyErrors
{
    /// <summary>So much of a wrong value is told.</summary>
    private const int LongestValue = 40;

    public static (string Code, string Message) Describe(JsonException error, ReadOnlySpan<byte> body, JsonTypeInfo type)
    {
        try
        {
            return JsonElement.Parse(body) is { ValueKind: JsonValueKind.Object } sent
                ? (HttpErrorCodes.BadRequest, DescribeMembers(error, sent, type))
                : (HttpErrorCodes.MalformedJson, $"the body must be an object with {string.Join(", ", type.Properties.Select(static p => p.Name))}");
        }
        catch (JsonException syntax)
        {
            return (HttpErrorCodes.MalformedJson, $"the body is {JsonFault.Describe(syntax)}");
        }
        catch (InvalidOperationException)
        {
            return (HttpErrorCodes.MalformedJson, "a name or a text in the body is not valid UTF-8, or has half of a surrogate pair");
        }
    }

    private static string DescribeMembers(JsonException error, JsonElement sent, JsonTypeInfo type)
    {
        if (sent.EnumerateObject().FirstOrDefault(m => !type.Properties.Any(p => p.Name == m.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } unknown)
            return $"'{unknown.Name}' is not known here{KnownQuery.Advice(unknown.Name, [.. type.Properties.Select(static p => p.Name)])}";
        if (type.Properties.Where(p => p.IsRequired && !sent.TryGetProperty(p.Name, out _)).Select(static p => p.Name).ToList() is { Count: > 0 } missing)
            return $"{string.Join(", ", missing)} {(missing.Count == 1 ? "is" : "are")} missing";
        var name = error.Path?.Split('.', '[') is [_, var first, ..] ? first : null;
        if (type.Properties.FirstOrDefault(p => p.Name == name) is not { } member || !sent.TryGetProperty(member.Name, out var value))
            return "a value is of another kind than is expected";
        var text = value.GetRawText();

        // The errors of our own readers of values are said for people.
        return KindOf(member) is { } kind
            ? $"{member.Name} is {(text.Length <= LongestValue ? text : $"{text[..LongestValue]}…")}: it must be {kind}"
            : $"{member.Name}: {error.Message.Split(" Path: ", 2)[0]}";
    }

    /// <summary>Says what a member may be; null where the reader of its values says that. Narrower ranges are told by who carries the request out.</summary>
    private static string? KindOf(JsonPropertyInfo member)
    {
        var type = Nullable.GetUnderlyingType(member.PropertyType) ?? member.PropertyType;
        return type == typeof(int) ? $"a whole number, at most {int.MaxValue}"
            : type == typeof(long[]) ? $"a list of whole numbers, each at most {long.MaxValue}"
            : type == typeof(double) ? "a number"
            : type == typeof(string) ? "a text"
            : type == typeof(bool) ? "true or false"
            : type.IsEnum ? $"one of {string.Join(", ", Enum.GetValuesAsUnderlyingType(type).Cast<object>().Select(v => Text(Enum.ToObject(type, v), member)))}"
            : null;

        static string Text(object value, JsonPropertyInfo member) => JsonSerializer.Serialize(value, member.Options.GetTypeInfo(value.GetType()));
    }
}
