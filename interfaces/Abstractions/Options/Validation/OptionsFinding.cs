namespace Orleans.Kpl.Validation;

/// <summary>An error or a warning about one setting.</summary>
/// <param name="IsError">Whether the options cannot work.</param>
/// <param name="Setting">The setting, by its name in its section.</param>
/// <param name="Text">The problem, worded to follow the setting's path.</param>
internal readonly record struct OptionsFinding(bool IsError, string Setting, string Text)
{
    public static OptionsFinding Error(string setting, string value, string rule) => new(true, setting, $"is '{value}': {rule}");

    public static OptionsFinding Error(string setting, string text) => new(true, setting, text);

    public static OptionsFinding Warning(string setting, string text) => new(false, setting, text);
}
