using System.Text.Json.Serialization;

namespace Orleans.Kpl.Conditions;

/// <summary>How a tier is, in one sentence with the next step. <see cref="ConditionRules"/> makes it, and nothing else does.</summary>
/// <param name="Severity">How much it asks of an operator.</param>
/// <param name="Code">One of <see cref="ConditionCodes"/>.</param>
/// <param name="Sentence">The state and the next step.</param>
/// <param name="Since">Since when it is so, as far as that is known.</param>
internal sealed record TierCondition(
    [property: JsonConverter(typeof(JsonStringEnumConverter<ConditionSeverity>))] ConditionSeverity Severity,
    string Code, string Sentence, DateTimeOffset? Since = null);
