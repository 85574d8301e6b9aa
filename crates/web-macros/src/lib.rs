//! The attribute [`macro@route`]. Use it through `roster_web::route`.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned as _;
use syn::{Error, FnArg, GenericArgument, Ident, ItemFn, LitStr, PathArguments, ReturnType, Token, Type};

/// Turns a handler into a function that returns its `roster_web::Route`.
///
/// `#[route(METHOD, "PATH", …)]`: the method in lower case, the whole path with `{name}` for a segment, and, for
/// the OpenAPI document, whatever `utoipa::path` takes (`tag`, `params`, `request_body`, `responses`). The handler's
/// doc comment is the operation's summary (first paragraph) and description (the rest).
///
/// The handler is `async fn(Call<S>) -> Result<HttpResponse, E>`; its route is a `Route<S, E>`. Without the calling
/// crate's feature `openapi` the documentation is dropped unread, so a crate needs `utoipa` behind that feature alone.
#[proc_macro_attribute]
pub fn route(arguments: TokenStream, handler: TokenStream) -> TokenStream {
    let handler = syn::parse_macro_input!(handler as ItemFn);
    let arguments = syn::parse_macro_input!(arguments as Arguments);
    expand(&arguments, &handler).unwrap_or_else(Error::into_compile_error).into()
}

struct Arguments {
    method: Ident,
    path: LitStr,
    documentation: Tokens,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let method: Ident = input.parse()?;
        if !["get", "post", "put", "patch", "delete"].contains(&method.to_string().as_str()) {
            return Err(Error::new(method.span(), "expected get, post, put, patch or delete"));
        }
        input.parse::<Token![,]>()?;
        let path = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        Ok(Self { method, path, documentation: input.parse()? })
    }
}

fn expand(arguments: &Arguments, handler: &ItemFn) -> syn::Result<Tokens> {
    let Arguments { method, path, documentation } = arguments;
    let ItemFn { attrs, vis, sig, block } = handler;
    let docs = attrs.iter().filter(|attribute| attribute.path().is_ident("doc"));
    let (name, service, error) = (&sig.ident, service(handler)?, error(handler)?);
    Ok(quote! {
        #(#docs)*
        #vis fn #name() -> ::roster_web::Route<#service, #error> {
            #[cfg_attr(feature = "openapi", ::utoipa::path(#method, path = #path, #documentation))]
            #(#attrs)*
            #sig #block

            #[cfg(feature = "openapi")]
            #[derive(::utoipa::OpenApi)]
            #[openapi(paths(#name))]
            struct Document;

            let route = ::roster_web::Route::#method(#path, #name);
            #[cfg(feature = "openapi")]
            let route = route.documented(<Document as ::utoipa::OpenApi>::openapi);
            route
        }
    })
}

/// `S` of the handler's first argument, `Call<S>`.
fn service(handler: &ItemFn) -> syn::Result<&Type> {
    let argument = match handler.sig.inputs.first() {
        Some(FnArg::Typed(argument)) => argument_of(&argument.ty, 0),
        _ => None,
    };
    argument.ok_or_else(|| Error::new(handler.sig.span(), "the handler must take a `Call<S>`"))
}

/// `E` of the handler's `Result<HttpResponse, E>`.
fn error(handler: &ItemFn) -> syn::Result<&Type> {
    let argument = match &handler.sig.output {
        ReturnType::Type(_, output) => argument_of(output, 1),
        ReturnType::Default => None,
    };
    argument
        .ok_or_else(|| Error::new(handler.sig.span(), "the handler must return `Result<HttpResponse, E>`"))
}

/// The generic argument `index` of a type's last segment.
fn argument_of(ty: &Type, index: usize) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else { return None };
    match arguments.args.iter().nth(index)? {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}
