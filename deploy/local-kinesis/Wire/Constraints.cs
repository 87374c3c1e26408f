using System.Text.RegularExpressions;

namespace Orleans.Kpl.LocalKinesis.Wire;

/// <summary>Collects what is wrong with a request's fields and throws it all at once, in the service's words.</summary>
internal sealed partial class Constraints
{
    private const string ConsumerArnText = @"^(arn):aws.*:kinesis:.*:\d{12}:.*stream\/[a-zA-Z0-9_.-]+\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+";

    private readonly List<string> _errors = [];

    public void Fail(string value, string field, string constraint) =>
        _errors.Add($"Value '{value}' at '{field}' failed to satisfy constraint: {constraint}");

    public void Required(string field, bool present)
    {
        if (!present) _errors.Add($"Value null at '{field}' failed to satisfy constraint: Member must not be null");
    }

    public void Length(string? value, string field, int least, int most)
    {
        if (value?.Length < least) Fail(value, field, $"Member must have length greater than or equal to {least}");
        if (value?.Length > most) Fail(value, field, $"Member must have length less than or equal to {most}");
    }

    public void Name(string? value, string field)
    {
        if (value is null) return;
        if (!NamePattern().IsMatch(value)) Fail(value, field, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
        Length(value, field, 1, 128);
    }

    public void ConsumerArn(string? value, string field)
    {
        if (value is null) return;
        if (!ConsumerArnPattern().IsMatch(value))
            Fail(value, field, $"Member must satisfy regular expression pattern: {ConsumerArnText}");
        Length(value, field, 1, 2_048);
    }

    public void HashKey(string? value, string field)
    {
        if (value is not null && !HashPattern().IsMatch(value))
            Fail(value, field, @"Member must satisfy regular expression pattern: 0|([1-9]\d{0,38})");
    }

    public void Range(int? value, string field, int least, int most)
    {
        if (value < least) Fail($"{value}", field, $"Member must have value greater than or equal to {least}");
        if (value > most) Fail($"{value}", field, $"Member must have value less than or equal to {most}");
    }

    public void OneOf(string? value, string field, params IEnumerable<string> allowed)
    {
        var values = allowed.ToList();
        if (value is not null && !values.Contains(value))
            Fail(value, field, $"Member must satisfy enum value set: [{string.Join(", ", values)}]");
    }

    public void ThrowIfAny()
    {
        if (_errors.Count > 0) throw KinesisErrors.Validation(_errors);
    }

    [GeneratedRegex(@"^[a-zA-Z0-9_.-]+\z")]
    private static partial Regex NamePattern();

    [GeneratedRegex(ConsumerArnText + @"\z")]
    private static partial Regex ConsumerArnPattern();

    [GeneratedRegex(@"^(0|[1-9][0-9]{0,38})\z")]
    private static partial Regex HashPattern();
}
