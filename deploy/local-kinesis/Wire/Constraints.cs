using System.Text.RegularExpressions;

namespace Orleans.Kpl.LocalKinesis.Wire;

/// <summary>Collects what is wrong with a request's fields and throws it all at once, in the service's words.</summary>
internal sealed partial class Constraints
{
    private const string StreamArnText = @"arn:aws.*:kinesis:.*:\d{12}:stream\/\S+";
    private const string ConsumerArnText = @"^(arn):aws.*:kinesis:.*:\d{12}:.*stream\/[a-zA-Z0-9_.-]+\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+";

    private List<string>? _errors;

    /// <summary>Reads fields, and throws what is wrong with any of them.</summary>
    public static T Read<T>(Func<Constraints, T> read)
    {
        var constraints = new Constraints();
        var fields = read(constraints);
        constraints.ThrowIfAny();
        return fields;
    }

    public void Fail(string value, string field, string constraint) =>
        (_errors ??= []).Add($"Value '{value}' at '{field}' failed to satisfy constraint: {constraint}");

    public void Required(string field, bool present)
    {
        if (!present) (_errors ??= []).Add($"Value null at '{field}' failed to satisfy constraint: Member must not be null");
    }

    public string? Length(string? value, string field, int least, int most, bool required = false)
    {
        if (required) Required(field, value is not null);
        if (value?.Length < least) Fail(value, field, $"Member must have length greater than or equal to {least}");
        if (value?.Length > most) Fail(value, field, $"Member must have length less than or equal to {most}");
        return value;
    }

    /// <summary>How many items a list or a map has.</summary>
    public void Count(IReadOnlyList<string> items, string field, int least, int most)
    {
        var shown = $"[{string.Join(", ", items)}]";
        if (items.Count < least) Fail(shown, field, $"Member must have length greater than or equal to {least}");
        if (items.Count > most) Fail(shown, field, $"Member must have length less than or equal to {most}");
    }

    public string? Name(string? value, string field, bool required = false)
    {
        Matches(value, field, NamePattern(), "[a-zA-Z0-9_.-]+");
        return Length(value, field, 1, 128, required);
    }

    public string? StreamArn(string? value, string field, bool required = false)
    {
        Matches(value, field, StreamArnPattern(), StreamArnText);
        return Length(value, field, 1, 2_048, required);
    }

    public string? ConsumerArn(string? value, string field, bool required = false)
    {
        Matches(value, field, ConsumerArnPattern(), ConsumerArnText);
        return Length(value, field, 1, 2_048, required);
    }

    public string? HashKey(string? value, string field, bool required = false)
    {
        if (required) Required(field, value is not null);
        Matches(value, field, HashPattern(), @"0|([1-9]\d{0,38})");
        return value;
    }

    public int? Range(int? value, string field, int least, int most, bool required = false)
    {
        if (required) Required(field, value is not null);
        if (value < least) Fail($"{value}", field, $"Member must have value greater than or equal to {least}");
        if (value > most) Fail($"{value}", field, $"Member must have value less than or equal to {most}");
        return value;
    }

    public string? OneOf(string? value, string field, bool required, params IReadOnlyCollection<string> allowed)
    {
        if (required) Required(field, value is not null);
        if (value is not null && !allowed.Contains(value))
            Fail(value, field, $"Member must satisfy enum value set: [{string.Join(", ", allowed)}]");
        return value;
    }

    public void ThrowIfAny()
    {
        if (_errors is not null) throw KinesisErrors.Validation(_errors);
    }

    private void Matches(string? value, string field, Regex pattern, string text)
    {
        if (value is not null && !pattern.IsMatch(value)) Fail(value, field, $"Member must satisfy regular expression pattern: {text}");
    }

    [GeneratedRegex(@"^[a-zA-Z0-9_.-]+\z")]
    private static partial Regex NamePattern();

    [GeneratedRegex("^" + StreamArnText + @"\z")]
    private static partial Regex StreamArnPattern();

    [GeneratedRegex(ConsumerArnText + @"\z")]
    private static partial Regex ConsumerArnPattern();

    [GeneratedRegex(@"^(0|[1-9][0-9]{0,38})\z")]
    private static partial Regex HashPattern();
}
