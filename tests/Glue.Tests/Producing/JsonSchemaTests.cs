using NJsonSchema;
using Orleans.Kpl.Glue.Tests.Registry;
using Orleans.Kpl.Testing;

namespace Orleans.Kpl.Glue.Tests.Producing;

/// <summary>The hook with a validator that is not ours: what KPL does for JSON.</summary>
public sealed class JsonSchemaTests
{
    private const string Definition = """{"type":"object","required":["n"],"properties":{"n":{"type":"integer"}}}""";

    [Fact]
    public async Task Validate_WithAValidatorOfJson_LetsPassWhatFitsAndNothingElse()
    {
        var schema = await JsonSchema.FromJsonAsync(Definition, TestContext.Current.CancellationToken);
        var options = new GlueOptions
        {
            AutoRegistration = true,
            Validate = (_, data) => schema.Validate(System.Text.Encoding.UTF8.GetString(data.Span)).FirstOrDefault()?.ToString(),
        };
        using var registry = new GlueSchemaRegistry(options, new FakeSchemas(), null, new PromptTime(), static () => 1);
        await using var inner = new FakeKplProducer();
        var producer = inner.WithSchema(new GlueSchema(Definition, GlueDataFormat.Json, "orders"), registry);

        string[] texts = ["""{"n":1}""", """{"n":"one"}""", "{}", """{"n":2}"""];
        var results = await producer.PutAsync("events", texts.Select(static t => UserRecord.FromText("k", t)));
        Assert.Equal([true, false, false, true], results.Select(static r => r.IsSuccess));
        Assert.Contains("IntegerExpected", results[1].ErrorMessage, StringComparison.Ordinal);
        Assert.Equal(2, inner.Records.Count);
    }
}
