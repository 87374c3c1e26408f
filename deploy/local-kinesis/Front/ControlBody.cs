using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Orleans.Kpl.LocalKinesis.Front;

/// <summary>Reads what a control page is sent, and says of a wrong body what belongs there.</summary>
internal static class ControlBody
{
    /// <exception cref="ArgumentException">The body is no such object. The message says what is wrong.</exception>
    public static async Task<T> ReadAsync<T>(HttpContext context, string what)
        where T : class
    {
        try
        {
            if (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted) is not JsonObject body)
                throw new ArgumentException($"The body must be {what}.");
            var names = NamesOf(ControlPages.Json.GetTypeInfo(typeof(T)), body);
            if (body.Select(static m => m.Key).FirstOrDefault(name => !names.Contains(name)) is { } unknown)
                throw new ArgumentException($"There is no '{unknown}' here; there are {string.Join(", ", names)}.");
            return body.Deserialize<T>(ControlPages.Json)!;
        }
        catch (JsonException error) when (error.Path is { Length: > 2 } path && error.Message.StartsWith("The JSON value", StringComparison.Ordinal))
        {
            throw new ArgumentException($"'{path[2..]}' is of another kind than belongs there.", error);
        }
        catch (JsonException error) when (error.Path is null or "$")
        {
            throw new ArgumentException($"The body must be {what}; it is not JSON.", error);
        }
    }

    /// <summary>The names of the members that a body may have, by its kind where its type has kinds.</summary>
    private static List<string> NamesOf(JsonTypeInfo type, JsonObject body)
    {
        if (type.PolymorphismOptions is not { } kinds)
            return [.. type.Properties.Select(static p => p.Name)];
        var kind = body[kinds.TypeDiscriminatorPropertyName] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
        if (kinds.DerivedTypes.Where(d => d.TypeDiscriminator as string == kind).Select(static d => d.DerivedType).FirstOrDefault() is not { } derived)
        {
            throw new ArgumentException((kind is null ? "'kind' is missing: it is one of " : $"There is no kind '{kind}'; there are ")
                + $"{string.Join(", ", kinds.DerivedTypes.Select(static d => d.TypeDiscriminator))}.");
        }

        var properties = ControlPages.Json.GetTypeInfo(derived).Properties;
        return [kinds.TypeDiscriminatorPropertyName, .. properties.Where(static p => p.Set is not null).Select(static p => p.Name)];
    }
}
