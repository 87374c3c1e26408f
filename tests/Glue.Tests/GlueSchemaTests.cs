namespace Orleans.Kpl.Glue.Tests;

public sealed class GlueSchemaTests
{
    [Fact]
    public void Equals_ComparesDefinitionFormatAndName()
    {
        var schema = new GlueSchema("{}", GlueDataFormat.Json, "a");
        Assert.Equal(schema, new GlueSchema("{}", GlueDataFormat.Json, "a"));
        Assert.Equal(schema.GetHashCode(), new GlueSchema("{}", GlueDataFormat.Json, "a").GetHashCode());
        GlueSchema[] others =
        [
            new("{} ", GlueDataFormat.Json, "a"), new("{}", GlueDataFormat.Avro, "a"), new("{}", GlueDataFormat.Json, "b"), new("{}", GlueDataFormat.Json),
        ];
        Assert.All(others, other => Assert.NotEqual(schema, other));
    }

    [Theory]
    [InlineData("", "a")]
    [InlineData(" ", "a")]
    [InlineData("{}", "")]
    [InlineData("{}", "a/b")]
    [InlineData("{}", "ä")]
    public void Schema_WithWhatGlueDoesNotTake_IsRefused(string definition, string name) =>
        Assert.ThrowsAny<ArgumentException>(() => new GlueSchema(definition, GlueDataFormat.Json, name));

    [Fact]
    public void Schema_AtGluesLimits_IsTaken()
    {
        Assert.Equal(170_000, new GlueSchema(new string('x', 170_000), GlueDataFormat.Protobuf, new string('n', 255)).Definition.Length);
        Assert.ThrowsAny<ArgumentException>(() => new GlueSchema(new string('x', 170_001), GlueDataFormat.Protobuf));
        Assert.ThrowsAny<ArgumentException>(() => new GlueSchema("x", GlueDataFormat.Protobuf, new string('n', 256)));
        Assert.ThrowsAny<ArgumentException>(() => new GlueSchema("x", (GlueDataFormat)3));
    }
}
