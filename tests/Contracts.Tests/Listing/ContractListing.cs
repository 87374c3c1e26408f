using System.Reflection;

namespace Orleans.Kpl.Contracts.Tests.Listing;

/// <summary>The listing of grain interfaces as OrleansContracts.txt writes it, made from the assembly.</summary>
internal static class ContractListing
{
    public static IEnumerable<Type> Interfaces =>
        typeof(IStreamProducer).Assembly.GetTypes().Where(t => t.IsInterface && typeof(IGrain).IsAssignableFrom(t));

    public static string Write() => string.Join("\n\n", Interfaces.OrderBy(t => t.FullName, StringComparer.Ordinal).Select(Write)) + "\n";

    private static string Write(Type type)
    {
        var methods = type.GetMethods().Select(Write).Order(StringComparer.Ordinal);
        return string.Join('\n', methods.Prepend($"interface {type.FullName} [Version(0)]"));
    }

    private static string Write(MethodInfo method)
    {
        var parameters = method.GetParameters().Select(p => NameOf(p.ParameterType) + Mark(p));
        return $"  {method.GetCustomAttribute<AliasAttribute>()!.Alias}({string.Join(", ", parameters)}) -> {NameOf(method.ReturnType)}";
    }

    /// <summary>The analyzer does not mark arrays.</summary>
    private static string Mark(ParameterInfo parameter) =>
        new NullabilityInfoContext().Create(parameter) is { Type: { IsValueType: false, IsArray: false }, ReadState: NullabilityState.Nullable } ? "?" : "";

    private static string NameOf(Type type) => type switch
    {
        { IsArray: true } => NameOf(type.GetElementType()!) + "[]",
        { IsGenericType: true } when Nullable.GetUnderlyingType(type) is { } value => NameOf(value) + "?",
        { IsGenericType: true } => $"{type.Name[..type.Name.IndexOf('`')]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>",
        _ when type == typeof(Task) => "Task",
        _ when type == typeof(int) => "int",
        _ when type == typeof(long) => "long",
        _ when type == typeof(string) => "string",
        _ => type.GetCustomAttribute<AliasAttribute>()?.Alias ?? type.FullName!,
    };
}
