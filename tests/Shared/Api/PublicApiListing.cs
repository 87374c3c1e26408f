using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Orleans.Kpl.Testing;

/// <summary>Writes what users of an assembly can name: its types in their order, and below each its members in theirs.</summary>
internal static class PublicApiListing
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>Lines end with a line feed on every system.</summary>
    public static string Write(Assembly assembly) => string.Concat(assembly.GetExportedTypes()
        .Where(static t => t.Namespace?.StartsWith("OrleansCodeGen", StringComparison.Ordinal) != true)
        .OrderBy(static t => t.FullName, StringComparer.Ordinal)
        .SelectMany(static t => Members(t).Order(StringComparer.Ordinal).Select(static m => "    " + m).Prepend(Header(t)))
        .Select(static line => line + "\n"));

    private static string Header(Type type)
    {
        var kind = type switch
        {
            { IsEnum: true } => "enum",
            { IsInterface: true } => "interface",
            _ when typeof(Delegate).IsAssignableFrom(type) => "delegate",
            { IsValueType: true } => Has<IsReadOnlyAttribute>(type) ? "readonly struct" : "struct",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            { IsSealed: true } => "sealed class",
            _ => "class",
        };
        var bases = type.IsEnum ? [] : Bases(type).Order(StringComparer.Ordinal).ToList();
        return $"{kind} {type.Namespace}.{ApiNames.Of(type)}{(bases.Count > 0 ? " : " + string.Join(", ", bases) : "")}";
    }

    private static IEnumerable<string> Bases(Type type)
    {
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType))
            yield return ApiNames.Of(parent);
        var inherited = type.GetInterfaces().SelectMany(static i => i.GetInterfaces()).Concat(type.BaseType?.GetInterfaces() ?? []).ToHashSet();
        foreach (var face in type.GetInterfaces().Where(i => i.IsVisible && !inherited.Contains(i)))
            yield return ApiNames.Of(face);
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
            return type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(static f => $"{f.Name} = {Convert.ToInt64(f.GetRawConstantValue(), CultureInfo.InvariantCulture)}");
        return
        [
            .. type.GetConstructors(Declared).Where(IsSeen).Select(static c => $"{Access(c)}new({Parameters(c)})"),
            .. type.GetMethods(Declared).Where(static m => IsSeen(m) && IsNamed(m)).Select(Method),
            .. type.GetProperties(Declared).Where(static p => p.GetAccessors(true).Any(IsSeen)).Where(static p => p.Name != "EqualityContract")
                .Select(Property),
            .. type.GetEvents(Declared).Where(static e => IsSeen(e.AddMethod!)).Select(static e => $"{Access(e.AddMethod!)}event {ApiNames.Of(new NullabilityInfoContext().Create(e))} {e.Name}"),
            .. type.GetFields(Declared).Where(static f => f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly).Select(Field),
        ];
    }

    private static string Method(MethodInfo method)
    {
        var generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(static a => a.Name))}>" : "";
        var extends = Has<ExtensionAttribute>(method) ? "this " : "";
        return $"{Access(method)}{method.Name}{generic}({extends}{Parameters(method)}) -> {ApiNames.OfResult(method)}";
    }

    private static string Property(PropertyInfo property)
    {
        var accessors = property.GetAccessors(true).Where(IsSeen).ToList();
        var indices = property.GetIndexParameters() is { Length: > 0 } found ? $"[{string.Join(", ", found.Select(Parameter))}]" : "";
        var words = accessors.Select(a => a == property.GetMethod ? "get" : IsInit(a) ? "init" : "set").Order(StringComparer.Ordinal);
        var required = Has<RequiredMemberAttribute>(property) ? "required " : "";
        return $"{Access(accessors[0])}{required}{property.Name}{indices} {{ {string.Join("; ", words)} }} -> {ApiNames.Of(new NullabilityInfoContext().Create(property))}";
    }

    private static string Field(FieldInfo field)
    {
        var value = field.IsLiteral ? $" = {Value(field.GetRawConstantValue())}" : "";
        var word = field.IsLiteral ? "const " : field.IsInitOnly ? "readonly " : "";
        return $"{(field.IsStatic && !field.IsLiteral ? "static " : "")}{word}{field.Name}{value} -> {ApiNames.Of(new NullabilityInfoContext().Create(field))}";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter)
    {
        var word = parameter.IsOut ? "out " : parameter.IsIn ? "in " : parameter.ParameterType.IsByRef ? "ref " : Has<ParamArrayAttribute>(parameter) || Has<ParamCollectionAttribute>(parameter) ? "params " : "";
        return $"{word}{ApiNames.Of(parameter)} {parameter.Name}{(parameter.HasDefaultValue ? " = " + Default(parameter) : "")}";
    }

    private static string Default(ParameterInfo parameter) => parameter.DefaultValue switch
    {
        null when parameter.ParameterType.IsValueType && Nullable.GetUnderlyingType(parameter.ParameterType) is null => "default",
        { } value when parameter.ParameterType.IsEnum => $"{parameter.ParameterType.Name}.{Enum.ToObject(parameter.ParameterType, value)}",
        var value => Value(value),
    };

    private static string Value(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    /// <summary>What a compiler adds to records, and the accessors of properties and events, are not listed by themselves.</summary>
    private static bool IsNamed(MethodInfo method) =>
        !Has<CompilerGeneratedAttribute>(method) && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal));

    private static bool IsSeen(MethodBase method) => method.IsPublic || ((method.IsFamily || method.IsFamilyOrAssembly) && !method.DeclaringType!.IsSealed);

    private static bool IsInit(MethodInfo setter) => setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    private static string Access(MethodBase member) => $"{(member.IsPublic ? "" : "protected ")}{(member is { IsStatic: true } ? "static " : "")}";

    private static bool Has<T>(MemberInfo member)
        where T : Attribute => member.IsDefined(typeof(T), inherit: false);

    private static bool Has<T>(ParameterInfo parameter)
        where T : Attribute => parameter.IsDefined(typeof(T), inherit: false);
}
