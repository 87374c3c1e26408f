using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Kpl.Http.Answering;
using Orleans.Kpl.Http.Identities.Access;
using Orleans.Kpl.Http.Reading;

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
            throw RequestRefusedException.WrongType("the body of administration must be application/json");
        using var body = await context.RequestServices.GetRequiredService<BodyReader>().ReadAsync(context.Request, MostBytes);
        AuditTrail.NoteBody(context, body.Memory.Span);
        try
        {
            return JsonSerializer.Deserialize(body.Memory.Span, type) ?? throw new JsonException("an object is expected, not null");
        }
        catch (JsonException e)
        {
            throw new RequestRefusedException(StatusCodes.Status400BadRequest, HttpErrorCodes.MalformedJson, BodyErrors.Describe(e, body.Memory.Span, type));
        }
    }

    public static async Task WriteAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        using var answer = new AnswerBuffer();
        using (var json = new Utf8JsonWriter(answer, AnswerBuffer.Json))
            write(json);
        await answer.SendAsync(context.Response, status, ContentType.Json);
    }

    public static Task WriteAsync<T>(HttpContext context, int status, T value, JsonTypeInfo<T> type) =>
        WriteAsync(context, status, json => JsonSerializer.Serialize(json, value, type));
}
